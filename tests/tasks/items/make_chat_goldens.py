#!/usr/bin/env python3
"""Records what transformers renders of chat templates that have the features of published ones. All
templates are written here. Needs transformers and jinja2 (PyPI). usage: make_chat_goldens.py > chat_golden.json"""
import datetime
import json

from transformers.utils import chat_template_utils


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26, 9, 5, 3)


chat_template_utils.datetime = Clock
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
LOOP = "{% for m in messages %}"
TEMPLATES = {
    "one line": LOOP + "<|{{m.role}}|>{{m.content}}{% endfor %}<|assistant|>",
    "newline at the end": LOOP + "<|{{m.role}}|>{{m.content}}{% endfor %}<|assistant|>\n",
    "blocks on lines of their own": "{% for m in messages %}\n  {% if m['role'] == 'user' %}\nU: {{ m['content'] }}\n  {% else %}\nO: {{ m['content'] }}\n  {% endif %}\n{% endfor %}\nA:",
    "white space control": "{{- bos_token -}}\n{%- for m in messages -%}\n  {{- '[' + m.role + ']' -}}\n  {{- m.content | trim -}}\n{%- endfor -%}\n{%- if add_generation_prompt -%}\n  {{- '[assistant]' -}}\n{%- endif -%}\n",
    "plus signs keep blanks": "{%+ if true %} x{% endif +%}\n" + LOOP + "{{ m.content }}{% endfor %}",
    "chatml": "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "default system": "{% if messages[0]['role'] != 'system' %}{{ '<sys>You help.</sys>' }}{% endif %}" + LOOP + "{{ '<' ~ m.role ~ '>' ~ m.content }}{% endfor %}",
    "system moved into the first turn": "{% if messages[0]['role'] == 'system' %}{% set system_message = messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}{% set system_message = '' %}{% set rest = messages %}{% endif %}{% for m in rest %}{% if loop.first and system_message %}{{ '<<' + system_message + '>>' }}{% endif %}{{ m.role + ':' + m.content }}{% endfor %}",
    "system refused": LOOP + "{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{{ '<' + m.role + '>' + m.content }}{% endfor %}",
    "roles must alternate": LOOP + "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{{ m.content }}{{ eos_token }}{% endfor %}",
    "tools guard": "{% if tools is not none %}[TOOLS]{% for t in tools %}{{ t | tojson }}{% endfor %}{% endif %}" + LOOP + "{{ m.content }}{% endfor %}",
    "tools defined": "{{ tools is defined }} {{ documents is defined }} {{ tools is none }} {{ documents is none }} {% if tools %}x{% endif %}{% if not documents %}y{% endif %}",
    "documents length": "{% if documents is not none and documents | length > 0 %}D{% endif %}" + LOOP + "{{ m.content }}{% endfor %}",
    "tojson of a message": "{{ messages[0] | tojson }}",
    "tojson with signs of HTML": "{{ messages[-1].content | tojson }} {{ \"<&'>\" | tojson }}",
    "tojson with an indent": "{{ messages | tojson(indent=2) }}",
    "tojson with separators": "{{ {'b': [1, 2.5, none, true], 'a': 'é中'} | tojson(separators=(',', ':')) }}",
    "tojson sorted and in ASCII": "{{ {'b': 'é', 'a': '😀'} | tojson(sort_keys=true, ensure_ascii=true) }}",
    "break": LOOP + "{% if loop.index > 2 %}{% break %}{% endif %}{{ m.content }}|{% endfor %}end",
    "continue": LOOP + "{% if m.role == 'system' %}{% continue %}{% endif %}{{ m.role }}:{{ m.content }}|{% endfor %}end",
    "break inside of an inner loop": LOOP + "{% for c in m.content %}{% if c == ' ' %}{% break %}{% endif %}{{ c }}{% endfor %};{% endfor %}",
    "generation": LOOP + "{% if m.role == 'assistant' %}{% generation %}\n{{ m.content }}{{ eos_token }}{% endgeneration %}{% else %}{{ m.content }}\n{% endif %}{% endfor %}",
    "generation with a set inside": "{% set x = 1 %}{% generation %}{% set x = 2 %}{{ x }}{% endgeneration %}{{ x }}",
    "date": "{% if strftime_now is defined %}{% set date_string = strftime_now('%d %b %Y') %}{% else %}{% set date_string = '26 Jul 2023' %}{% endif %}Today Date: {{ date_string }}\n" + LOOP + "{{ m.content }}{% endfor %}",
    "date in other forms": "{{ strftime_now('%Y-%m-%d %H:%M:%S %A %j %%') }} {{ strftime_now(format='%B %-d, %Y') }}",
    "special tokens": "{{ bos_token }}{{ eos_token }}{{ unk_token }}{{ pad_token }}[{{ sep_token }}]{{ cls_token is defined }}",
    "namespace": "{% set ns = namespace(n=0, found=false) %}" + LOOP + "{% if m.role == 'user' %}{% set ns.n = ns.n + 1 %}{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.n }} {{ ns.found }}",
    "last user message": "{% set ns = namespace(last=-1) %}{% for m in messages[::-1] %}{% if ns.last < 0 and m.role == 'user' %}{% set ns.last = (messages | length - 1) - loop.index0 %}{% endif %}{% endfor %}{{ ns.last }}",
    "macro": "{% macro turn(role, text) -%}\n<{{ role }}>{{ text }}</{{ role }}>\n{%- endmacro %}" + LOOP + "{{ turn(m.role, m.content) }}{% endfor %}",
    "macro over types": "{%- macro show(content) -%}{%- if content is string -%}{{ content }}{%- else -%}{%- for c in content -%}{{ c.text }}{%- endfor -%}{%- endif -%}{%- endmacro -%}" + LOOP + "{{ show(m.content) }};{% endfor %}",
    "missing keys": LOOP + "{% if m.tool_calls is defined and m.tool_calls %}T{% endif %}{% if 'tool_calls' in m %}U{% endif %}{{ m.get('name', '-') }}{{ m.name }}{% endfor %}",
    "missing names print nothing": "[{{ nothing }}][{{ nothing | default('d') }}][{% for x in nothing %}{{ x }}{% endfor %}][{{ enable_thinking is defined and enable_thinking is false }}]",
    "thinking cut": LOOP + "{% if m.role == 'assistant' %}{% set text = m.content.split('</think>')[-1].lstrip('\\n') %}{{ text }}{% else %}{{ m.content }}{% endif %}\n{% endfor %}{% if add_generation_prompt %}<think>\n\n</think>\n\n{% endif %}",
    "thinking by partition": LOOP + "{% if '</think>' in m.content %}{% set parts = m.content.rsplit('</think>', 1) %}{{ parts[1].strip('\\n') }}{% else %}{{ m.content }}{% endif %};{% endfor %}",
    "methods": LOOP + "{{ m.content.strip().replace('a', 'b').upper() }}{{ m.content.startswith('Q') }}{{ m.content.endswith(('?', ':')) }};{% endfor %}",
    "selectattr": "{{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | map(attribute='role') | join(',') }} {{ messages | rejectattr('role', 'eq', 'user') | map(attribute='content') | list }}",
    "slices and negative places": "{{ messages[-1]['content'] }}|{{ messages[:1][0].role }}|{{ (messages | last).role }}|{{ messages[0:][0]['role'][1:3] }}",
    "inline if without else": LOOP + "{{ '!' if loop.last }}{{ m.content if not loop.last else m.content | trim }}{{ '\n' if not loop.last }}{% endfor %}",
    "loop variables": LOOP + "{{ loop.index }}/{{ loop.length }}{{ loop.revindex0 }}{% if loop.previtem is defined %}{{ loop.previtem.role[0] }}{% endif %}{% if loop.nextitem %}>{{ loop.nextitem.role[0] }}{% endif %} {% endfor %}",
    "dict items": "{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}{% for k in {'x': 1, 'y': 2} | dictsort %}{{ k }}{% endfor %}",
    "comments and raw": "{# a comment\nof two lines #}\n{% raw %}{{ not }}{% endraw %}\n" + LOOP + "{#- tight -#} {{ m.content }}{% endfor %}",
    "filters on blocks": "{% filter upper %}" + LOOP + "{{ m.content }}{% endfor %}{% endfilter %}",
    "block set": "{% set text %}\n  {{ messages[0].content }}\n{% endset %}[{{ text }}][{{ text | trim }}]",
    "call of a macro": "{% macro wrap() %}<{{ caller() }}>{% endmacro %}" + LOOP + "{% call wrap() %}{{ m.content }}{% endcall %}{% endfor %}",
    "numbers": "{{ 7 // 2 }} {{ 7 / 2 }} {{ 2 ** 5 }} {{ -7 % 3 }} {{ 1.0 }} {{ 'a' * 3 }} {{ 10 | string + '0' }} {{ '%02d' | format(3) }}",
    "unicode": "{{ '\\u4e2d\\u6587 \\x41 é' }}" + LOOP + "{{ m.content | length }},{% endfor %}",
    "indent": "{{ messages[-1].content | indent(2) }}|{{ 'a\nb' | indent(width=4, first=true) }}",
    "is tests": "{{ messages is sequence }} {{ messages is mapping }} {{ messages[0] is mapping }} {{ '' is string }} {{ 3 is number }} {{ none is none }} {{ true is boolean }} {{ messages is iterable }} {{ 4 is even }} {{ 4 is divisibleby 2 }}",
    "white space around tags of lines": "  {% if true %}  \n  a  \n  {% endif %}  \n" + LOOP + "  \t{% if loop.first %}\n{{ m.content }}\n\t{% endif %}\n{% endfor %}\n\n",
    "dict merge": "{% set m = dict(messages[0], name='n') %}{{ m.name }}{{ m.role }}{% set d = dict.fromkeys(['a', 'b'], 0) if false else {} %}{{ d }}",
}
CHATS = [
    {"system": "", "shots": [], "question": "Q: Is 1 < 2 & 'ok' 中?\nA:", "prefix": ""},
    {"system": "Be brief. ", "shots": [["first q", " first a<think>x</think>\n\nyes"], ["q2", "a2"]], "question": " last q? ", "prefix": ""},
    {"system": "", "shots": [["one", "two"]], "question": "three", "prefix": "The answer is"},
]


def messages_of(chat, with_system=True):
    messages = [{"role": "system", "content": chat["system"]}] if chat["system"] and with_system else []
    for question, answer in chat["shots"]:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    messages.append({"role": "user", "content": chat["question"]})
    if chat["prefix"]:
        messages.append({"role": "assistant", "content": chat["prefix"]})
    return messages


def rendered(template, chat, with_system=True):
    open_answer = bool(chat["prefix"])
    out, _ = chat_template_utils.render_jinja_template([messages_of(chat, with_system)], chat_template=template, add_generation_prompt=not open_answer, continue_final_message=open_answer, **TOKENS)
    return out[0]


def main():
    cases = []
    for name, template in TEMPLATES.items():
        for chat in CHATS:
            case = {"name": name, "template": template, **chat}
            try:
                case["prompt"] = rendered(template, chat)
            except Exception as error:  # the harness then tries without the system message
                try:
                    case["prompt"] = rendered(template, chat, False)
                except Exception:
                    case["error"] = type(error).__name__
            cases.append(case)
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")


main()
