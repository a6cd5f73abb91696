#include "engine/look_ahead.h"

#include "base/errors.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"

namespace flm {

void look_ahead(const EngineOptions& options, const std::atomic<bool>& stop) {
  SilentProgress silent;  // ahead of the table, whose threads may still report to it
  try {
    const ModelConfig config =
        read_model_config(resolve_config(options.model, options.model_config));
    const auto table = WeightTable::open(options.model, config, 1, options.weights);
    if (!table->check_as_loaded(silent)) return;  // known already
    for (const WeightSpec& weight : expected_weights(config)) {
      if (stop.load()) return;
      (void)table->load(weight.name);
    }
    if (!stop.load()) (void)table->check_contents(silent, true);
  } catch (const UserError&) {  // it may be half-written, or gone: see above
  }
}

}  // namespace flm
