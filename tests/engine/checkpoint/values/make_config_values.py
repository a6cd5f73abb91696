#!/usr/bin/env python3
"""config_values.json: what transformers' classes make of config.json where a key is missing, null or in an odd place.

    pip install torch transformers==5.24
    make_config_values.py

Of each case the frequencies and the factor of its rotations, the window of each layer (0: none) and, of a model with images,
whether its logits are capped; of one without its norms' eps, that. wrapper_values.json: of language models with images around
them their type, eps, windows, whether the head is the embedding and whether it alone makes the logits. wrapper_keys.json: whether
a key changes figures beside text_config and in it. A second run writes the same bytes."""
import copy
import json
import pathlib
import tempfile

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

BASE = dict(vocab_size=64, hidden_size=32, intermediate_size=24, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=256, rms_norm_eps=1e-5, tie_word_embeddings=False, pad_token_id=0)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
LONG = dict(rope_type="longrope", short_factor=[1.0, 1.5, 2.0, 3.0], long_factor=[2.0, 4.0, 6.0, 8.0])
F, S = "full_attention", "sliding_attention"
TYPES = dict(layer_types=[S, F, S, F], sliding_window=8, head_dim=8)
ONES = dict(TYPES, final_logit_softcapping=2.0, tie_word_embeddings=True)  # small, with a cap


EPS = dict(cohere="layer_norm_eps", cohere2="layer_norm_eps", jais2="layer_norm_eps", stablelm="layer_norm_eps", nemotron="norm_eps",
           starcoder2="norm_epsilon")


def case(model_type, drop=(), **changes):
    config = BASE | dict(model_type=model_type)
    if model_type in EPS:
        config[EPS[model_type]] = config.pop("rms_norm_eps")
    return {key: value for key, value in (config | changes).items() if key not in drop}


def scaled(scaling, model_type="llama", **changes):
    return case(model_type, rope_theta=10000.0, rope_scaling=scaling, **changes)


def new(model_type, parameters, **changes):
    return case(model_type, rope_parameters=parameters, **changes)


CASES = {
    # the base that no key says
    "cohere2 without rope_theta": case("cohere2", sliding_window=8),
    "cohere without rope_theta": case("cohere"),
    **{f"{name} with rope_parameters without rope_theta": new(name, dict(rope_type="default"), head_dim=8)
       for name in ("llama", "helium", "ernie4_5", "smollm3", "qwen3", "cwm")},
    # null is not what is missing
    "yarn, truncate null": scaled(YARN | dict(truncate=None)),
    "yarn, truncate missing": scaled(YARN),
    "yarn of its first models": scaled(dict(type="yarn", factor=4.0, original_max_position_embeddings=64, finetuned=True)),
    "yarn, truncate null, rope_parameters": new("llama", YARN | dict(truncate=None, rope_theta=10000.0)),
    "yarn, factor null": scaled(YARN | dict(factor=None)),
    "yarn, betas and mscales null": scaled(YARN | dict(beta_fast=None, beta_slow=None, mscale=None, mscale_all_dim=None)),
    **{f"{name}, partial_rotary_factor missing": case(name, rope_theta=10000.0, **more)
       for name, more in (("glm", dict(head_dim=8)), ("glm4", dict(head_dim=8)), ("nemotron", dict()), ("stablelm", dict(hidden_size=64)))},
    "rope_scaling {}": scaled({}),
    "rope_scaling false": scaled(False),
    # the context of pretraining
    "llama3 without original": scaled(LLAMA3),
    "longrope without original": scaled(LONG | dict(factor=4.0)),
    "phi3 longrope, original nowhere": scaled(LONG, "phi3"),
    "phi3 longrope, original outside": scaled(LONG, "phi3", original_max_position_embeddings=64),
    "linear with an original": scaled(dict(type="linear", factor=2.0, original_max_position_embeddings=64)),
    "dynamic with an original": scaled(dict(type="dynamic", factor=2.0, original_max_position_embeddings=64)),
    # two rotations: truncate stands beside them
    **{f"{name}, truncate {said} beside two rotations": new(
        name, {F: YARN | dict(rope_theta=10000.0), S: dict(rope_type="default", rope_theta=500.0), "truncate": said}, **TYPES)
       for name in ("gemma3_text", "olmo3") for said in (None, False, True)},
    "gemma3_text, truncate null in a rotation": new(
        "gemma3_text", {F: YARN | dict(rope_theta=10000.0, truncate=None), S: dict(rope_type="default", rope_theta=500.0)}, **TYPES),
    # windows
    **{f"{name}, a switch and no window": case(name, use_sliding_window=True, sliding_window=None, max_window_layers=1, head_dim=8)
       for name in ("qwen2", "qwen3")},
    "qwen2, a window": case("qwen2", use_sliding_window=True, sliding_window=8, max_window_layers=1),
    "smollm3, layer_types and the switch off": case("smollm3", use_sliding_window=False, sliding_window=8, layer_types=[F, S, F, S]),
    "smollm3, the switch off": case("smollm3", use_sliding_window=False, sliding_window=8),
    "smollm3, the switch on": case("smollm3", use_sliding_window=True, sliding_window=8),
    "smollm3, no_rope_layers of more layers": case("smollm3", use_sliding_window=True, sliding_window=8, no_rope_layers=[1, 0, 0, 1, 0, 0]),
    # with images
    "gemma3 with a cap": dict(
        model_type="gemma3", mm_tokens_per_image=4, tie_word_embeddings=True,
        text_config=case("gemma3_text", **ONES),
        vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)),
    "gemma3_text with a cap": case("gemma3_text", **ONES),
    # what a kind of scaling does not read
    **{f"{kind}, keys of other kinds": scaled(dict(rope_type=kind, original_max_position_embeddings=64, attention_factor=3.0, beta_fast=8.0,
                                                   low_freq_factor=1.0, high_freq_factor=2.0, mscale=0.5, mrope_section=[1, 1, 2], factor=4.0))
       for kind in ("default", "linear", "dynamic")},
    "default with them, rope_parameters": new("llama", dict(rope_theta=500.0, factor=4.0, original_max_position_embeddings=64)),
    "llama3 with keys of yarn": scaled(LLAMA3 | dict(beta_fast=8.0, mscale=0.5, attention_factor=3.0)),
    "hunyuan alpha with an original": case("hunyuan_v1_dense", head_dim=8, rope_theta=10000.0, rope_scaling=dict(
        type="dynamic", alpha=50.0, factor=1.0, original_max_position_embeddings=64)),
    "gemma3_text, rotations with keys of other kinds": new("gemma3_text", {
        F: dict(rope_type="linear", factor=8.0, rope_theta=10000.0, original_max_position_embeddings=64),
        S: dict(rope_type="default", rope_theta=500.0, factor=4.0)}, **TYPES),
    # norms' eps
    "llama, eps 0": case("llama", rms_norm_eps=0.0),
    "stablelm, eps 0": case("stablelm", hidden_size=64, layer_norm_eps=0.0),
    **{f"{name} without eps": case(name, drop=[EPS.get(name, "rms_norm_eps")], **more) for name, more in dict(
        dict.fromkeys("""arcee cohere cohere2 exaone4 granite internlm3 jais2 llama mistral olmo2 olmo3 qwen2
                         smollm3 starcoder2 phi3""".split(), {}),
        **dict.fromkeys("""ernie4_5 hunyuan_v1_dense ministral gemma gemma2 gemma3_text helium glm glm4 qwen3 seed_oss vaultgemma""".split(), dict(head_dim=8)),
        cwm=dict(head_dim=8, rope_parameters=dict(rope_type="default", rope_theta=1e6)),
        ministral3=dict(head_dim=8, rope_parameters=YARN | dict(rope_theta=1e6, llama_4_scaling_beta=0.1)),
        nemotron={}, stablelm=dict(hidden_size=64)).items()},
}


def rotation(rotary, prefix=""):
    return dict(inv_freq=getattr(rotary, prefix + "inv_freq").tolist(), factor=float(getattr(rotary, prefix + "attention_scaling")))


def caps(model, cap):
    """Whether weights that make large logits give none above the cap."""
    for parameter in model.parameters():
        parameter.fill_(1.0)
    return model(input_ids=torch.tensor([[5, 6]])).logits.abs().max().item() <= cap


def eps_of(model):
    norm = model.model.norm
    return norm.variance_epsilon if hasattr(norm, "variance_epsilon") else norm.eps


def values(said):
    model_type = said["model_type"]
    config = AutoConfig.for_model(**copy.deepcopy(said))
    if model_type == "gemma3":
        from transformers import Gemma3ForConditionalGeneration
        return dict(capped=caps(Gemma3ForConditionalGeneration(config), said["text_config"]["final_logit_softcapping"]))
    model = AutoModelForCausalLM.from_config(config)
    key = EPS.get(model_type, "rms_norm_eps")
    if said.get(key, 0) == 0:
        return dict(eps=eps_of(model))
    rotary, out = model.model.rotary_emb, {}
    if hasattr(rotary, "inv_freq"):
        out["main"] = rotation(rotary)
    else:
        out |= dict(main=rotation(rotary, F + "_"), local=rotation(rotary, S + "_"))
    if "sliding_window" in said:
        types = config.layer_types
        out["windows"] = [config.sliding_window if type == S else 0 for type in types]
    if "final_logit_softcapping" in said:
        out["capped"] = caps(model, said["final_logit_softcapping"])
    return out


# A model with images: its language model is text_config.
VISION = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
GEMMA = case("gemma3_text", head_dim=8, drop=["tie_word_embeddings"])
MISTRAL = case("mistral", head_dim=8, drop=["tie_word_embeddings"])


def wrapped(text, model_type="mistral3", **beside):
    vision = dict(VISION, model_type="pixtral", head_dim=8) if model_type == "mistral3" else VISION
    images = dict(mm_tokens_per_image=4) if model_type == "gemma3" else {}
    return dict(model_type=model_type, text_config=text, vision_config=vision, **images) | beside


def without(text, *keys):
    return {key: value for key, value in text.items() if key not in keys}


WRAPPED = {
    "mistral3": wrapped(MISTRAL),
    "mistral3, no type": wrapped(without(MISTRAL, "model_type")),
    "mistral3, no eps": wrapped(without(MISTRAL, "rms_norm_eps")),
    "mistral3, text_config tied": wrapped(MISTRAL | dict(tie_word_embeddings=True)),
    "mistral3, text_config not tied": wrapped(MISTRAL | dict(tie_word_embeddings=False)),
    "mistral3, tied, text_config not": wrapped(MISTRAL | dict(tie_word_embeddings=False), tie_word_embeddings=True),
    "mistral3, not tied, text_config tied": wrapped(MISTRAL | dict(tie_word_embeddings=True), tie_word_embeddings=False),
    "mistral3 of gemma2": wrapped(case("gemma2", head_dim=8, final_logit_softcapping=2.0)),
    "mistral3 of granite": wrapped(case("granite", logits_scaling=8.0)),
    "gemma3": wrapped(GEMMA, "gemma3"),
    "gemma3, no type": wrapped(without(GEMMA, "model_type"), "gemma3"),
    "gemma3, no eps": wrapped(without(GEMMA, "rms_norm_eps"), "gemma3"),
    "gemma3, text_config not tied": wrapped(GEMMA | dict(tie_word_embeddings=False), "gemma3"),
    "gemma3, not tied": wrapped(GEMMA, "gemma3", tie_word_embeddings=False),
    "gemma3, a copy beside": wrapped(GEMMA | dict(sliding_window=8), "gemma3", sliding_window=8, head_dim=8),
}
# Of which files hold a head beside the embedding.
STORED = ["mistral3", "mistral3, text_config not tied"]
# Keys of the language model that stand beside text_config.
BESIDE = {
    "mistral3": (MISTRAL, dict(sliding_window=8, rope_theta=500.0, hidden_act="relu", rms_norm_eps=0.1, rope_scaling=dict(rope_type="linear", factor=8.0),
                               rope_parameters=dict(rope_type="linear", factor=8.0, rope_theta=500.0))),
    "gemma3": (GEMMA, dict(sliding_window=8, query_pre_attn_scalar=8, hidden_activation="relu", rms_norm_eps=0.1, attention_bias=True,
                           layer_types=[S, F, S, F], sliding_window_pattern=2, rope_theta=500.0, rope_local_base_freq=50.0,
                           rope_scaling=dict(rope_type="linear", factor=8.0), final_logit_softcapping=2.0,
                           rope_parameters={F: dict(rope_type="linear", factor=8.0, rope_theta=500.0)})),
}


def whole_model(said, head=None):
    """Seeded weights, or with a head of its own in the files, as it is read from them."""
    torch.manual_seed(0)
    model = AutoModelForImageTextToText.from_config(AutoConfig.for_model(**copy.deepcopy(said)))
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.normal_(0, 0.3)
    if head is None:
        return model.eval()
    with tempfile.TemporaryDirectory() as folder:
        states = {key: value.clone() for key, value in model.state_dict().items()} | {"lm_head.weight": head}
        model.save_pretrained(folder, state_dict=states)
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(said))
        return AutoModelForImageTextToText.from_pretrained(folder)


def is_tied(model):
    return bool(torch.equal(model.get_output_embeddings().weight, model.get_input_embeddings().weight))


def wrapped_values(name, said):
    model = whole_model(said)
    language, ids = model.model.language_model, torch.tensor([[5, 6, 7, 8]])
    config, result = language.config, model(input_ids=ids, output_hidden_states=True)
    out = dict(type=config.model_type, tied=is_tied(model))
    out["plain_logits"] = torch.allclose(result.logits, model.lm_head(language(input_ids=ids).last_hidden_state))
    if name in STORED:
        head = torch.randn(said["text_config"]["vocab_size"], said["text_config"]["hidden_size"])
        out["tied_with_stored_head"] = is_tied(whole_model(said, head))
    if "rms_norm_eps" not in said["text_config"] and "layer_norm_eps" not in said["text_config"]:
        out["eps"] = language.norm.variance_epsilon if hasattr(language.norm, "variance_epsilon") else language.norm.eps
    if config.model_type == "mistral":
        out["windows"] = [config.sliding_window] * config.num_hidden_layers
    return out


def figures(said):
    ids = torch.tensor([[(37 * i) % 60 + 1 for i in range(32)]])
    return torch.log_softmax(whole_model(said)(input_ids=ids).logits, -1)


def beside_values(model_type, text, key, value):
    """Whether a key changes what is computed beside text_config, and in it."""
    plain = figures(wrapped(text, model_type))
    inner = without(text, key) | {key: value}
    return dict(beside=not torch.equal(figures(wrapped(text, model_type, **{key: value})), plain),
                inside=not torch.equal(figures(wrapped(inner, model_type)), plain))


def write(name, cases):
    lines = ",\n".join(json.dumps(one) for one in cases)
    (pathlib.Path(__file__).resolve().parent / name).write_text("[\n" + lines + "\n]\n")


torch.set_grad_enabled(False)
write("config_values.json", [dict(name=name, config=said) | values(said) for name, said in CASES.items()])
write("wrapper_values.json", [dict(name=name, config=said) | wrapped_values(name, said) for name, said in WRAPPED.items()])
write("wrapper_keys.json",
      [dict(name=f"{model_type} {key}", config=wrapped(text, model_type), key=key, value=value) | beside_values(model_type, text, key, value)
       for model_type, (text, keys) in BESIDE.items() for key, value in keys.items()])
