#include "engine/nodes/remote_replica.h"

#include <chrono>

#include "engine/nodes/messages.h"

namespace flm {
namespace {

constexpr std::chrono::milliseconds kLook{100};  // from one look at a stop to the next

class RemoteReplica : public Replica {
 public:
  RemoteReplica(NodeLink& link, int rank, int index)
      : link_(link), rank_(rank), channel_(static_cast<std::uint32_t>(index) + 1) {}

  void load_weights() override {}  // with the process's others: LoadModel

  std::optional<std::vector<HeadAnswer>> score(const PackedBatch& batch,
                                               std::span<const HeadQuery> queries,
                                               const PassControl& control) override {
    send(Ask::kScore, encode(batch, queries, control.another));
    bool stopped = false;
    double done = 0;
    while (true) {
      if (!stopped && control.go_on && !control.go_on(done)) {
        stopped = true;
        send(Ask::kStop);
      }
      const auto message = link_.receive(rank_, channel_, kLook);
      if (!message) continue;
      if (ask_of(*message) == Ask::kGivenUp) return std::nullopt;
      if (ask_of(*message) == Ask::kDone) {
        MessageReader(message->body).take(done);
        continue;
      }
      require(*message, Ask::kScored, link_.name_of(rank_));
      return decode_answers(message->body);
    }
  }

  bool generate(std::span<const GenerateRequest> requests, const Tokenizer&,
                const GeneratorLimits& limits, const GenerateSink& sink, const BatchSink& commit,
                const std::atomic<bool>& stop, GeneratorCounters& counters) override {
    send(Ask::kGenerate, encode(requests, limits));
    bool stopped = false;
    while (true) {
      if (!stopped && stop.load()) {
        stopped = true;
        send(Ask::kStop);
      }
      const auto message = link_.receive(rank_, channel_, kLook);
      if (!message) continue;
      switch (ask_of(*message)) {
        case Ask::kGenerated:
        case Ask::kStep:
          take(*message, requests.size(), sink, commit);
          break;
        default: {
          require(*message, Ask::kGeneratedAll, link_.name_of(rank_));
          const auto [done, finished] = decode_all(message->body);
          counters.rows_computed += done.rows_computed;
          counters.generated_tokens += done.generated_tokens;
          return finished;
        }
      }
    }
  }

 private:
  /// What fails here, as the disk of the answers, leaves nothing behind that is taken for an answer
  /// to what is asked next.
  void take(const NodeMessage& message, std::size_t requests, const GenerateSink& sink,
            const BatchSink& commit) try {
    if (ask_of(message) == Ask::kStep) {
      if (commit) commit();
      return;
    }
    auto [index, result] = decode_generated(message.body);
    FLM_CHECK(index < requests, "a result of a request that was not asked");
    sink(static_cast<std::size_t>(index), std::move(result));
  } catch (...) {
    send(Ask::kStop);
    let_go();
    throw;
  }

  /// Waits for the end of what was asked to stop.
  void let_go() {
    try {
      while (true) {
        const Ask ask = ask_of(link_.receive(rank_, channel_));
        if (ask != Ask::kGenerated && ask != Ask::kStep) return;
      }
    } catch (const NodeLost&) {  // told by what is asked next
    }
  }

  void send(Ask ask, Bytes body = {}) {
    link_.send(rank_, message_of(channel_, ask, std::move(body)));
  }

  NodeLink& link_;
  const int rank_;
  const std::uint32_t channel_;
};

}  // namespace

std::unique_ptr<Replica> make_remote_replica(NodeLink& link, int rank, int index) {
  return std::make_unique<RemoteReplica>(link, rank, index);
}

}  // namespace flm
