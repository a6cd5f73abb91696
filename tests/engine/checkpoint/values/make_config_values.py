#!/usr/bin/env python3
"""config_values.json: what transformers' classes make of config.json where a key is missing, null or in an odd place.

    pip install torch transformers==5.24
    make_config_values.py

Of each case the frequencies and the factor of its rotations, the window of each layer (0: none) and, of a model with images,
whether its logits are capped. A second run writes the same bytes."""
import copy
import json
import pathlib

import torch
from transformers import AutoConfig, AutoModelForCausalLM

BASE = dict(vocab_size=64, hidden_size=32, intermediate_size=24, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=256, rms_norm_eps=1e-5, tie_word_embeddings=False, pad_token_id=0)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
LONG = dict(rope_type="longrope", short_factor=[1.0, 1.5, 2.0, 3.0], long_factor=[2.0, 4.0, 6.0, 8.0])
F, S = "full_attention", "sliding_attention"
TYPES = dict(layer_types=[S, F, S, F], sliding_window=8, head_dim=8)
ONES = dict(TYPES, final_logit_softcapping=2.0, tie_word_embeddings=True)  # small, with a cap


def case(model_type, drop=(), **changes):
    config = BASE | dict(model_type=model_type)
    if model_type in ("cohere", "cohere2", "stablelm"):
        config["layer_norm_eps"] = config.pop("rms_norm_eps")
    if model_type == "nemotron":
        config["norm_eps"] = config.pop("rms_norm_eps")
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
}


def rotation(rotary, prefix=""):
    return dict(inv_freq=getattr(rotary, prefix + "inv_freq").tolist(), factor=float(getattr(rotary, prefix + "attention_scaling")))


def caps(model, cap):
    """Whether weights that make large logits give none above the cap."""
    for parameter in model.parameters():
        parameter.fill_(1.0)
    return model(input_ids=torch.tensor([[5, 6]])).logits.abs().max().item() <= cap


def values(said):
    model_type = said["model_type"]
    config = AutoConfig.for_model(**copy.deepcopy(said))
    if model_type == "gemma3":
        from transformers import Gemma3ForConditionalGeneration
        return dict(capped=caps(Gemma3ForConditionalGeneration(config), said["text_config"]["final_logit_softcapping"]))
    model = AutoModelForCausalLM.from_config(config)
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


torch.set_grad_enabled(False)
cases = [dict(name=name, config=said) | values(said) for name, said in CASES.items()]
lines = ",\n".join(json.dumps(one) for one in cases)
(pathlib.Path(__file__).resolve().parent / "config_values.json").write_text("[\n" + lines + "\n]\n")
