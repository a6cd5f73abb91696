#include "engine/nodes/messages.h"

#include <utility>

namespace flm {
namespace {

// One list of fields for both directions: `io` puts or takes.

template <class Io>
void fields(Io& io, Hello& hello) {
  io(hello.build), io(hello.host), io(hello.process), io(hello.cpus), io(hello.words);
}
template <class Io>
void fields(Io& io, Failure& failure) {
  io(failure.of_user), io(failure.text);
}
template <class Io>
void fields(Io& io, EngineOptions& o) {
  io(o.model), io(o.model_config), io(o.weights), io(o.device), io(o.precision), io(o.threads);
  io(o.memory_gib), io(o.host_memory_gib), io(o.tensor_parallel), io(o.data_parallel);
  io(o.pipeline_parallel), io(o.placement);
  io(o.max_length), io(o.tokenizer);
}
template <class Io>
void fields(Io& io, OpenedModel& opened) {
  io(opened.numerics), io(opened.config_hash), io(opened.tokenizer), io(opened.replicas),
      io(opened.budget);
  io(opened.keepers);
}
template <class Io>
void fields(Io& io, PackedBatch& b) {
  io(b.ids), io(b.positions), io(b.slots), io(b.path_begin), io(b.path_count), io(b.segments);
  io(b.head_rows), io(b.copies);
}
template <class Io>
void fields(Io& io, HeadQuery& query) {
  io(query.targets), io(query.top_k);
}
template <class Io>
void fields(Io& io, std::pair<std::int32_t, float>& ranked) {
  io(ranked.first), io(ranked.second);
}
template <class Io>
void fields(Io& io, HeadAnswer& answer) {
  io(answer.logprobs), io(answer.argmax), io(answer.log_sum_exp), io(answer.top);
}
template <class Io>
void fields(Io& io, Sampling& s) {
  io(s.temperature), io(s.top_k), io(s.top_p), io(s.repetition_penalty), io(s.seed), io(s.repeat);
}
template <class Io>
void fields(Io& io, GenerateResult& r) {
  io(r.error), io(r.tokens), io(r.logprobs), io(r.text), io(r.finish_reason);
}
template <class Io>
void fields(Io& io, GenerateRequest& r) {
  io(r.prompt), io(r.max_new_tokens), io(r.stop), io(r.stop_ids), io(r.sampling), io(r.begun);
}
template <class Io>
void fields(Io& io, GeneratorLimits& l) {
  io(l.kv_slots), io(l.max_batch), io(l.max_length), io(l.max_rows);
}
template <class Io>
void fields(Io& io, GenerateUnit& unit) {
  io(unit.requests), io(unit.limits);
}
template <class Io>
void fields(Io& io, ScoreUnit& unit) {
  io(unit.batch), io(unit.queries), io(unit.another);
}

template <class T>
concept Plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <class T>
concept PlainElement = Plain<T> || std::is_same_v<T, KvSegment> || std::is_same_v<T, KvCopy>;

class Putting {
 public:
  template <class T>
  void operator()(T& value) {
    if constexpr (Plain<T> || std::is_same_v<T, std::string>)
      writer_.put(value);
    else
      fields(*this, value);
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    if constexpr (PlainElement<T>) {
      writer_.put(values);
    } else {
      writer_.put(static_cast<std::uint64_t>(values.size()));
      for (T& value : values) (*this)(value);
    }
  }
  Bytes take() { return writer_.take(); }

 private:
  MessageWriter writer_;
};

class Taking {
 public:
  explicit Taking(const Bytes& bytes) : reader_(bytes) {}
  template <class T>
  void operator()(T& value) {
    if constexpr (Plain<T> || std::is_same_v<T, std::string>)
      reader_.take(value);
    else
      fields(*this, value);
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    if constexpr (PlainElement<T>) {
      reader_.take(values);
    } else {
      values.resize(reader_.take_count(1));
      for (T& value : values) (*this)(value);
    }
  }

 private:
  MessageReader reader_;
};

template <class... T>
Bytes put_all(T&&... values) {
  Putting io;
  (io(values), ...);
  return io.take();
}
template <class T>
T take_one(const Bytes& bytes) {
  T value{};
  Taking io(bytes);
  io(value);
  return value;
}

template <class T>
std::vector<T> copy_of(std::span<const T> values) {
  return {values.begin(), values.end()};
}

}  // namespace

NodeMessage message_of(std::uint32_t channel, Ask ask, Bytes body) {
  return {channel, static_cast<std::uint8_t>(ask), std::move(body)};
}
Ask ask_of(const NodeMessage& message) { return static_cast<Ask>(message.kind); }

Bytes encode(const Hello& hello) { return put_all(Hello(hello)); }
Bytes encode(const Failure& failure) { return put_all(Failure(failure)); }
Bytes encode(const EngineOptions& options) { return put_all(EngineOptions(options)); }
Bytes encode(const OpenedModel& opened) { return put_all(OpenedModel(opened)); }
Bytes encode(const PackedBatch& batch, std::span<const HeadQuery> queries, bool another) {
  return put_all(PackedBatch(batch), copy_of(queries), another);
}
Bytes encode(const std::vector<HeadAnswer>& answers) {
  return put_all(std::vector<HeadAnswer>(answers));
}
Bytes encode(std::span<const GenerateRequest> requests, const GeneratorLimits& limits) {
  return put_all(copy_of(requests), GeneratorLimits(limits));
}
Bytes encode(std::uint64_t index, const GenerateResult& result) {
  return put_all(index, GenerateResult(result));
}
Bytes encode(const GeneratorCounters& counters, bool finished) {
  return put_all(std::int64_t{counters.rows_computed}, std::int64_t{counters.generated_tokens},
                 finished);
}

Hello decode_hello(const Bytes& bytes) { return take_one<Hello>(bytes); }
Failure decode_failure(const Bytes& bytes) { return take_one<Failure>(bytes); }
EngineOptions decode_options(const Bytes& bytes) { return take_one<EngineOptions>(bytes); }
OpenedModel decode_opened(const Bytes& bytes) { return take_one<OpenedModel>(bytes); }
ScoreUnit decode_score(const Bytes& bytes) { return take_one<ScoreUnit>(bytes); }
std::vector<HeadAnswer> decode_answers(const Bytes& bytes) {
  return take_one<std::vector<HeadAnswer>>(bytes);
}
GenerateUnit decode_generate(const Bytes& bytes) { return take_one<GenerateUnit>(bytes); }
std::pair<std::uint64_t, GenerateResult> decode_generated(const Bytes& bytes) {
  std::pair<std::uint64_t, GenerateResult> generated;
  Taking io(bytes);
  io(generated.first), io(generated.second);
  return generated;
}
std::pair<GeneratorCounters, bool> decode_all(const Bytes& bytes) {
  std::pair<GeneratorCounters, bool> all;
  Taking io(bytes);
  io(all.first.rows_computed), io(all.first.generated_tokens), io(all.second);
  return all;
}

void require(const NodeMessage& message, Ask expected, const std::string& name) {
  if (ask_of(message) == Ask::kFailed) {
    const Failure failure = decode_failure(message.body);
    if (failure.of_user) throw UserError(name + ": " + failure.text);
    throw_internal(__FILE__, __LINE__, name + ": " + failure.text);
  }
  FLM_CHECK(ask_of(message) == expected, name + " answers " + std::to_string(message.kind) +
                                             " in place of " +
                                             std::to_string(static_cast<int>(expected)));
}

}  // namespace flm
