// What a run is: its id, fingerprint, and the record it starts with.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/tokenizer.h"
#include "harness/cli/options.h"
#include "harness/plan/plan.h"
#include "harness/requests/responses.h"
#include "reports/store/record.h"

namespace flm {

/// UTC time and six random hex digits: 2026-11-24T20-30-13-1f2e3d.
std::string new_run_id();

/// Program version, compiler, machine, cores, the process.
std::string environment_json();

/// Of the model that answers the run.
ModelHashes model_hashes(const RunRecord& record);

/// Fills hashes, options and fingerprint. engine and tokenizer are null for a replay, whose log
/// hash then stands for the weights.
RunRecord make_run_record(const Options& options, const RunPlan& plan,
                          const std::string& weights_hash, const Engine* engine,
                          const Tokenizer* tokenizer, const EnginePlan& cost);
/// The same without weights, cost and fingerprint.
RunRecord describe_run(const Options& options, const RunPlan& plan, const Engine* engine,
                       const Tokenizer* tokenizer);

/// A hash of what is asked and how it is answered, whoever's the weights are: task files, data,
/// prompts and protocol, tokenizer, configuration and numerics. Two finished runs that share it and
/// the weights have the same samples.
std::string question_hash(const RunRecord& record, const std::vector<TaskRecord>& tasks);

}  // namespace flm
