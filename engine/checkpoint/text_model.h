// The part of a model that a text goes through.
#pragma once

#include <functional>
#include <string>

#include "base/documents/json.h"

namespace flm {

struct TextModel {
  Json config;
  bool part_of_another = false;  // whose head gives the logits, and neither caps nor scales them
};

/// A config.json as it is, or of a model that takes images too the configuration of its language
/// model (text_config), with what stands beside that for all of it. `stored_head`: whether the
/// weights' files hold a head, asked where nothing says whether it is the embedding; empty: they
/// hold none. UserError for a text_config that is none, or that names another language model than
/// its class has, and for a key beside it that is not known there.
TextModel text_model(const Json& config, const std::string& path,
                     const std::function<bool()>& stored_head);

/// Those with images: "gemma3, mistral3", for an error.
std::string known_wrappers();

}  // namespace flm
