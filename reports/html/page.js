// The list of samples: filter, search, order, keys, links. Samples lie in the page as deflate blocks
// (sample_blocks.h) and are inflated when they are asked for. Text of theirs goes into the page
// through textContent alone.
"use strict";
(() => {
const PAGE = 50, LONGEST = 65536, KEPT_BLOCKS = 12, TOGETHER = 4, MOST_WORDS = 1500;
const STATES = {
  l: ["▼", "lost"], w: ["▲", "won"], d: ["▼", "worse"], b: ["▲", "better"], n: ["!", "no value in one run"],
  e: ["!", "error"], f: ["⚑", "over-long, not scored"], 0: ["✗", "wrong"], 1: ["✓", "right"],
  v: ["·", "value"], t: ["·", "no value of its own"], x: ["✗✗", "both wrong"], r: ["✓✓", "both right"], s: ["=", "same value"],
};
const ORDER = Object.keys(STATES).sort((p, q) => "lwdbnef0v1xrst".indexOf(p) - "lwdbnef0v1xrs".indexOf(q)).join("");
const at = id => document.getElementById(id);
const make = (tag, kind, text) => {
  const out = document.createElement(tag);
  if (kind) out.className = kind;
  if (text !== undefined) out.textContent = text;
  return out;
};
const within = (tag, kind, ...content) => {
  const out = make(tag, kind);
  out.append(...content);
  return out;
};
const button = (text, title, action) => {
  const out = make("button", "", text);
  out.type = "button";
  out.title = title;
  out.onclick = action;
  return out;
};
const number = (value, digits) => value === null || value === undefined ? "–" :
  Number.isInteger(value) ? String(value) : Math.abs(value) < 1e6 ? value.toFixed(digits) : value.toPrecision(4);

// ---- what the page holds
async function inflate(id) {
  const text = at(id).textContent;
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text)
                                      : Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

let data, groupOf, view = [], page = 0, open = -1, found = null, searching = 0;
const kept = new Map();

function block(i) {
  if (!kept.has(i)) kept.set(i, inflate("block-" + i));
  const text = kept.get(i);
  kept.delete(i);
  kept.set(i, text);  // the latest is the last to go
  if (kept.size > KEPT_BLOCKS) kept.delete(kept.keys().next().value);
  return text;
}

async function lineOf(sample) {
  let i = data.start.length - 1;
  while (data.start[i] > sample) --i;
  return JSON.parse((await block(i)).split("\n")[sample - data.start[i]]);
}

const name = sample => data.groups[groupOf[sample]].name;
const isPair = group => group.letters.length === 2;
const link = sample => "#" + encodeURIComponent(name(sample)) + "/" + data.doc[sample];

// ---- filter, order, search
const loss = sample => {
  if (data.ma[sample] !== null && data.mb[sample] !== null) return data.ma[sample] - data.mb[sample];
  const up = data.groups[groupOf[sample]].up ? 1 : -1;
  return data.a[sample] === null || data.b[sample] === null ? 0 : up * (data.a[sample] - data.b[sample]);
};
const ORDERS = {
  place: ["as in the task", null],
  state: ["lost first, by loss", (p, q) => ORDER.indexOf(data.state[p]) - ORDER.indexOf(data.state[q]) || loss(q) - loss(p)],
  margin: ["by margin, least first", (p, q) => (data.ma[p] ?? Infinity) - (data.ma[q] ?? Infinity)],
  value: ["by value, least first", (p, q) => (data.a[p] ?? Infinity) - (data.a[q] ?? Infinity)],
};

function apply() {
  const group = at("of-task").value, states = at("of-state").value;
  view = [];
  for (let i = 0; i < data.state.length; ++i)
    if ((group === "" || groupOf[i] === +group) && (states === "" || states.includes(data.state[i])) &&
        (!found || found[i])) view.push(i);
  const by = ORDERS[at("order").value][1];
  if (by) view.sort((p, q) => by(p, q) || p - q);
  page = 0;
  open = -1;
  draw();
}

const holds = (value, words) => typeof value === "string" ? value.toLowerCase().includes(words)
  : Array.isArray(value) && value.some(inner => holds(inner, words));

// `raw`: the words as they stand in a line of JSON. Few lines have them, and only those are parsed:
// what is a number or JSON's own writing is no text.
function markLines(text, words, raw, first) {
  const low = text.toLowerCase();
  if (!low.includes(raw)) return;
  const lines = text.split("\n");
  low.split("\n").forEach((line, i) => {
    if (line.includes(raw) && holds(JSON.parse(lines[i]), words)) found[first + i] = 1;
  });
}

async function search() {
  const mine = ++searching, typed = at("search").value;
  if (!typed) {
    found = null;
    return apply();
  }
  const words = typed.toLowerCase(), raw = JSON.stringify(typed).slice(1, -1).toLowerCase();
  const hits = new Uint8Array(data.state.length);
  at("count").textContent = "searching…";
  for (let i = 0; i < data.start.length; i += TOGETHER) {
    const some = data.start.slice(i, i + TOGETHER).map((_, j) => inflate("block-" + (i + j)));
    const texts = await Promise.all(some);
    if (mine !== searching) return;
    found = hits;
    texts.forEach((text, j) => markLines(text, words, raw, data.start[i + j]));
  }
  apply();
}

// ---- the list
function cells(sample) {
  const group = data.groups[groupOf[sample]], [sign, word] = STATES[data.state[sample]];
  const state = make("td", "state state-" + data.state[sample]), task = make("td", "task");
  state.append(make("span", "sign", sign), " " + word);
  const opener = button(name(sample) + "/" + data.doc[sample], "Show this sample (Enter)", () => toggle(view.indexOf(sample)));
  opener.setAttribute("aria-expanded", "false");
  task.append(opener);
  const values = isPair(group) ? [data.a[sample], data.b[sample]] : [data.a[sample]];
  const margins = isPair(group) ? [data.ma[sample], data.mb[sample]] : [data.ma[sample]];
  const told = margins.some(v => v !== null) ? margins.map(v => v === null ? "–" : v.toFixed(2)) : [];
  return [state, task, make("td", "number", values.map(v => number(v, 3)).join(" → ")), make("td", "number", told.join(" → "))];
}

function draw() {
  const body = at("list").tBodies[0], last = Math.max(0, Math.ceil(view.length / PAGE) - 1);
  page = Math.min(page, last);
  body.replaceChildren(...view.slice(page * PAGE, (page + 1) * PAGE).map((sample, i) => {
    const row = within("tr", "", ...cells(sample));
    row.dataset.place = page * PAGE + i;
    return row;
  }));
  at("count").textContent = view.length.toLocaleString("en") + " of " + data.state.length.toLocaleString("en");
  at("list").hidden = !view.length;
  at("nothing").hidden = view.length > 0;
  at("pages").hidden = last === 0;
  at("page").textContent = "page " + (page + 1) + " of " + (last + 1);
  at("earlier").disabled = page === 0;
  at("later").disabled = page === last;
}

async function toggle(place) {
  const before = at("list").querySelector("tr.detail"), was = open;
  if (before) {
    const above = before.previousElementSibling;
    above.classList.remove("open");
    above.querySelector("button").setAttribute("aria-expanded", "false");
    before.remove();
  }
  open = -1;
  if (place === was || place < 0 || place >= view.length) return;
  if (Math.floor(place / PAGE) !== page) {
    page = Math.floor(place / PAGE);
    draw();
  }
  open = place;
  const row = at("list").querySelector(`tr[data-place="${place}"]`), cell = make("td"), detail = within("tr", "detail", cell);
  cell.colSpan = 4;
  row.classList.add("open");
  row.querySelector("button").setAttribute("aria-expanded", "true");
  row.after(detail);
  const sample = view[place];
  const line = await lineOf(sample);
  if (open !== place || !cell.isConnected) return;  // another one was opened meanwhile
  cell.append(show(sample, line));
  history.replaceState(null, "", link(sample));
  row.querySelector("button").focus({preventScroll: true});
  row.scrollIntoView({block: "nearest"});
}

// ---- one sample
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]/g;
// Of these, what would turn, hide or end the text around it. Joiners stay: letters and signs need them.
const CODED = /([\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff])/;
const code = c => "U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
const shown = (text, out = document.createDocumentFragment()) => {
  text.split(CODED).forEach((piece, i) => out.append(i % 2 ? make("span", "code", code(piece)) : piece));
  return out;
};

function save(text) {
  const file = make("a");
  file.href = URL.createObjectURL(new Blob([text], {type: "text/plain;charset=utf-8"}));
  file.download = "sample.txt";
  file.click();
  setTimeout(() => URL.revokeObjectURL(file.href), 10000);
}

function textBox(text, parts) {
  const out = document.createDocumentFragment(), box = make("pre", "text");
  box.dir = "auto";
  if (parts) box.append(...parts);
  else shown(text.length > LONGEST ? text.slice(0, LONGEST) + "…" : text, box);
  out.append(box);
  if (text.length > LONGEST) {
    const cut = make("p", "hint", `The first ${LONGEST.toLocaleString("en")} of ${text.length.toLocaleString("en")} characters. `);
    cut.append(button("Save the whole text", "As a file", () => save(text)));
    out.append(cut);
  }
  const codes = new Map();
  for (const c of text.match(HIDDEN) || []) codes.set(c, (codes.get(c) || 0) + 1);
  if (codes.size) {
    const told = [...codes].slice(0, 8).map(([c, times]) => code(c) + (times > 1 ? " × " + times : ""));
    out.append(make("p", "hint", "holds characters that do not show: " + told.join(", ") + (codes.size > 8 ? ", …" : "")));
  }
  return out;
}

// Between words; where nothing parts them, each character is one.
const WORD = /(\s+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/u;
const differs = word => shown(word, make("mark"));

// Words of `a` and `b` with those marked that the other lacks (longest common subsequence).
function differing(a, b) {
  if (a === b || a.length > LONGEST || b.length > LONGEST) return [null, null];
  const [left, right] = [a, b].map(text => text.split(WORD).filter(Boolean));
  if (left.length > MOST_WORDS || right.length > MOST_WORDS) return [null, null];
  const best = Array.from({length: left.length + 1}, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; --i)
    for (let j = right.length - 1; j >= 0; --j)
      best[i][j] = left[i] === right[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  const out = [[], []];
  let i = 0, j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      out[0].push(shown(left[i++]));
      out[1].push(shown(right[j++]));
    } else if (j >= right.length || (i < left.length && best[i + 1][j] >= best[i][j + 1])) out[0].push(differs(left[i++]));
    else out[1].push(differs(right[j++]));
  }
  return out;
}

function choicesTable(group, gold, choices, runs) {
  const out = make("table", "choices"), head = make("tr");
  head.append(make("th", "", ""), make("th", "", "choice"));
  for (let r = 0; r < runs.length; ++r)
    head.append(make("th", "number", (group.letters[r] || "") + " log-likelihood"));
  out.append(head);
  const likeliest = runs.map(run => run[0].indexOf(Math.max(...run[0].filter(v => v !== null))));
  choices.forEach((choice, i) => {
    const row = make("tr", i === gold ? "right" : "");
    row.append(make("th", "", i === gold ? "✓ right" : String(i + 1)));
    row.append(within("td", "choice", textBox(choice)));
    runs.forEach((run, r) => {
      const taken = likeliest[r] === i;
      row.append(make("td", "number" + (taken ? " taken" : ""), (taken ? "▸ " : "") + (run[0][i]?.toFixed(3) ?? "–")));
    });
    out.append(row);
  });
  return within("div", "wide", out);
}

const part = (title, ...content) => within("div", "part", make("h4", "", title), ...content);

function answersOf(group, runs) {
  const [left, right] = runs.length === 2 ? differing(runs[0][1].join("\n\n"), runs[1][1].join("\n\n")) : [null, null];
  const out = make("div", "side-by-side");
  runs.forEach((run, r) => {
    const answer = part((group.letters[r] || "") + " answer", textBox(run[1].join("\n\n"), r ? right : left));
    if (run[2]) answer.append(part("taken from it", textBox(run[2])));
    out.append(answer);
  });
  return out;
}

function show(sample, [prompt, target, gold, choices, ...runs]) {
  const group = data.groups[groupOf[sample]], out = make("div", "sample");
  const plain = [group.header + prompt, "target: " + target, ...choices.map((c, i) => "choice " + (i + 1) + ": " + c),
    ...runs.flatMap((run, r) => run[1].map(a => (group.letters[r] || "answer") + ": " + a))].join("\n\n");
  const copied = make("span", "hint");
  const copy = button("Copy", "The sample as text (c)", () =>
    navigator.clipboard.writeText(plain).then(() => copied.textContent = "copied", () => copied.textContent = "the browser refused"));
  copy.className = "copy";
  const here = make("a", "", link(sample));
  here.href = link(sample);
  out.append(within("p", "actions", copy, here, copied));
  if (runs[0][3]) out.append(part("what happened", textBox(runs[0][3])));
  if (group.header && prompt)
    out.append(within("details", "", make("summary", "", `what all prompts of the task begin with (${group.header.length.toLocaleString("en")} characters)`), textBox(group.header)));
  out.append(part("prompt", prompt ? textBox(prompt) : make("p", "hint", "not in this page")));
  if (runs[1] && runs[1][4]) out.append(part("prompt of " + group.letters[1], textBox(runs[1][4])));
  if (choices.length) out.append(choicesTable(group, gold, choices, runs));
  if (runs.some(run => run[1].length)) out.append(answersOf(group, runs));
  if (target && !(choices.length && gold >= 0)) out.append(part("target", textBox(target)));
  if (!choices.length && runs.some(run => run[0].length))
    out.append(make("p", "hint", "log-likelihood " + runs.map(run => run[0].map(v => number(v, 4)).join(", ")).join(" → ")));
  return out;
}

// ---- controls
function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => {
    const out = make("option", "", text);
    out.value = value;
    return out;
  }));
}

function fillControls() {
  fill(at("of-task"), [["", "all tasks"], ...data.groups.map((g, i) => [i, g.name + " (" + g.count + ")"])]);
  const counts = {};
  for (const state of data.state) counts[state] = (counts[state] || 0) + 1;
  const states = [...ORDER].filter(s => counts[s]).map(s => [s, STATES[s][0] + " " + STATES[s][1] + " (" + counts[s] + ")"]);
  const pairs = data.groups.some(isPair), flips = (counts.l || 0) + (counts.w || 0);
  if (flips) states.unshift(["lw", "flips: lost or won (" + flips + ")"]);
  fill(at("of-state"), [["", "all"], ...states]);
  fill(at("order"), Object.entries(ORDERS).filter(([key]) => pairs || key !== "state").map(([key, [text]]) => [key, text]));
  if (pairs) at("order").value = "state";
  if (flips) at("of-state").value = "lw";
}

const decoded = text => {
  try { return decodeURIComponent(text); } catch { return text; }  // a "%" that somebody typed
};

// #task or #task/doc; of a task whose filters have names ("gsm8k,strict-match") the first of its groups
const exactly = words => data.groups.findIndex(g => g.name === words);
const groupNamed = words => exactly(words) >= 0 || !words ? exactly(words) : data.groups.findIndex(g => g.name.startsWith(words + ","));
function follow() {
  const words = decoded(location.hash.slice(1)), slash = words.lastIndexOf("/");
  const group = groupNamed(words), of = groupNamed(words.slice(0, Math.max(slash, 0)));
  if (group < 0 && of < 0) return;
  at("of-task").value = group < 0 ? of : group;
  at("of-state").value = "";
  at("search").value = "";
  found = null;
  apply();
  at("samples").scrollIntoView();
  if (group < 0) toggle(view.findIndex(i => data.doc[i] === +words.slice(slash + 1)));
}

function turn(pages) {
  page = Math.max(0, page + pages);
  open = -1;
  draw();
  at("samples").scrollIntoView();
}

const KEYS = {
  j: () => open < view.length - 1 && toggle(open < 0 ? page * PAGE : open + 1),
  k: () => open !== 0 && toggle(open < 0 ? page * PAGE : open - 1),
  n: () => turn(1),
  p: () => turn(-1),
  c: () => at("list").querySelector("button.copy")?.click(),
  "/": () => at("search").focus(),
};

function listen() {
  for (const id of ["of-task", "of-state", "order"]) at(id).onchange = apply;
  let waiting = 0;
  at("search").oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 150);
  };
  at("earlier").onclick = () => turn(-1);
  at("later").onclick = () => turn(1);
  onhashchange = follow;
  onclick = ({target}) => { if (target.closest?.('a[href^="#"]')?.hash === location.hash) follow(); };  // no hash changes
  onkeydown = event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return document.activeElement.blur();
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  };
}

async function start() {
  data = JSON.parse(await inflate("columns"));
  groupOf = new Uint32Array(data.state.length);
  let next = 0;
  data.groups.forEach((group, g) => groupOf.fill(g, next, next += group.count));
  fillControls();
  listen();
  apply();
  at("sample-list").hidden = false;
  document.documentElement.dataset.ready = Math.round(performance.now());
  if (location.hash) follow();
}

start().catch(problem => {
  at("sample-problem").textContent = "The samples cannot be shown by this browser: " + problem.message;
  at("sample-problem").hidden = false;
});
})();
