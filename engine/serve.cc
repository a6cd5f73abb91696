#include "engine/serve.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/errors.h"
#include "engine/engine_options.h"
#include "engine/local_models.h"
#include "engine/stages_choice.h"
#include "engine/tokenizer.h"

namespace flm {
namespace {

using namespace std::chrono_literals;

/// What `f` answers, or what went wrong.
template <class F>
NodeMessage answer_of(std::uint32_t channel, const F& f) {
  try {
    return f();
  } catch (const NodeLost&) {
    throw;
  } catch (const UserError& error) {
    return message_of(channel, Ask::kFailed, encode(Failure{true, error.what()}));
  } catch (const std::bad_alloc&) {
    return message_of(channel, Ask::kFailed,
                      encode(Failure{true, "out of memory; give a smaller --memory"}));
  } catch (const std::exception& error) {
    return message_of(channel, Ask::kFailed, encode(Failure{false, error.what()}));
  }
}

/// One replica of this process, on a thread of its own.
class ServedReplica {
 public:
  ServedReplica(NodeLink& link, Replica& replica, std::uint32_t channel, const Tokenizer* tokenizer)
      : link_(link), replica_(replica), channel_(channel), tokenizer_(tokenizer), thread_([this] {
          serve();
        }) {}
  ~ServedReplica() { over_ = true; }

 private:
  void serve() {
    try {
      while (!over_) {
        const auto message = link_.receive(0, channel_, 100ms);
        if (!message) continue;
        const Ask ask = ask_of(*message);
        if (ask == Ask::kStop) continue;  // of what was done before it came
        link_.send(0, answer_of(channel_, [&] {
                     return ask == Ask::kScore ? score(message->body) : generate(message->body);
                   }));
      }
    } catch (const NodeLost&) {  // told by the thread that waits for commands
    }
  }

  NodeMessage score(const Bytes& body) {
    const ScoreUnit unit = decode_score(body);
    PassControl control;
    control.another = unit.another;
    control.go_on = [&](double done) {
      MessageWriter share;
      share.put(done);
      link_.send(0, message_of(channel_, Ask::kDone, share.take()));
      return !told_to_stop();
    };
    const auto answers = replica_.score(unit.batch, unit.queries, control);
    return answers ? message_of(channel_, Ask::kScored, encode(*answers))
                   : message_of(channel_, Ask::kGivenUp);
  }

  NodeMessage generate(const Bytes& body) {
    const GenerateUnit unit = decode_generate(body);
    FLM_CHECK(tokenizer_, "generation without a tokenizer");
    std::atomic<bool> stop = false;
    GeneratorCounters counters;
    const bool finished = replica_.generate(
        unit.requests, *tokenizer_, unit.limits,
        [&](std::size_t index, GenerateResult&& result) {
          link_.send(0, message_of(channel_, Ask::kGenerated, encode(index, result)));
        },
        [&] {
          link_.send(0, message_of(channel_, Ask::kStep));
          if (told_to_stop()) stop = true;
        },
        stop, counters);
    return message_of(channel_, Ask::kGeneratedAll, encode(counters, finished));
  }

  bool told_to_stop() {
    const auto message = link_.receive(0, channel_, 0ms);
    FLM_CHECK(!message || ask_of(*message) == Ask::kStop, "a command while one is obeyed");
    return message.has_value();
  }

  NodeLink& link_;
  Replica& replica_;
  const std::uint32_t channel_;
  const Tokenizer* tokenizer_;
  std::atomic<bool> over_ = false;
  std::jthread thread_;  // last
};

/// The model that the leader has open.
class ServedModel {
 public:
  ServedModel(NodeLink& link, const EngineOptions& options)
      : link_(link),
        files_(open_model_files(options)),
        options_(choose_stages(options, files_).options),
        models_(options_, files_, silent_, nullptr) {
    if (!options.tokenizer.empty()) tokenizer_ = Tokenizer::open({options.tokenizer});
  }

  OpenedModel opened() const {
    const EngineInfo& info = models_.info();
    return {info.numerics, info.config_hash,        tokenizer_ ? tokenizer_->hash() : "",
            info.models,   memory_budget(options_), info.keepers};
  }

  std::int64_t bytes_read() const { return files_.table->bytes_read(); }

  /// The hash of the weights.
  std::string load(Placement placement) {
    threads_.clear();  // they use what is made anew
    models_.place(placement);
    models_.load();
    const std::string hash = models_.weights_hash();
    std::uint32_t channel = kControl;
    for (Replica* replica : models_.replicas())
      threads_.push_back(
          std::make_unique<ServedReplica>(link_, *replica, ++channel, tokenizer_.get()));
    return hash;
  }

 private:
  SilentProgress silent_;
  NodeLink& link_;
  const ModelFiles files_;
  const EngineOptions options_;
  LocalModels models_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::vector<std::unique_ptr<ServedReplica>> threads_;  // last: they end first
};

}  // namespace

int serve(Job& job) {
  std::unique_ptr<ServedModel> model;
  while (true) {
    const NodeMessage message = job.link().receive(0, kControl);
    const Ask ask = ask_of(message);
    if (ask == Ask::kBye) {
      std::int32_t exit_code = 0;
      MessageReader(message.body).take(exit_code);
      return exit_code;
    }
    if (ask == Ask::kClose) {
      model.reset();
      continue;
    }
    job.link().send(0, answer_of(kControl, [&] {
                      if (ask == Ask::kOpen) {
                        model.reset();  // before another takes its memory
                        model = std::make_unique<ServedModel>(
                            job.link(), for_share(decode_options(message.body), job.share()));
                        return message_of(kControl, Ask::kOpened, encode(model->opened()));
                      }
                      FLM_CHECK(model, "a command that wants a model");
                      if (ask == Ask::kRead) {
                        MessageWriter bytes;
                        bytes.put(model->bytes_read());
                        return message_of(kControl, Ask::kBytesRead, bytes.take());
                      }
                      FLM_CHECK(ask == Ask::kLoad, "a command that is none");
                      Placement placement = Placement::kResident;
                      MessageReader(message.body).take(placement);
                      MessageWriter hash;
                      hash.put(model->load(placement));
                      return message_of(kControl, Ask::kLoaded, hash.take());
                    }));
  }
}

}  // namespace flm
