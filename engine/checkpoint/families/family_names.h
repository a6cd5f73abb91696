// What families call their tensors where Llama calls them otherwise.
#pragma once

#include "engine/checkpoint/config/tensor_names.h"

namespace flm {

TensorNames olmo2_names();     // no norm before a branch, one behind
TensorNames gemma2_names();    // norms on both sides
TensorNames pre_norm_names();  // of gemma2's those before a branch
TensorNames glm4_names();      // norms on both sides; gate and up are one
TensorNames one_norm_names();  // both branches take one norm
TensorNames hunyuan_names();
TensorNames starcoder2_names();
TensorNames phi3_names();
TensorNames internlm2_names();
TensorNames baichuan_names();
/// The norm of each head a tensor of its own.
void name_norms_by_head(TensorNames& names);
void name_gate_up(TensorNames& names);

}  // namespace flm
