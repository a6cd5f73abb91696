// TensorBoard's event files, read and written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "reports/training_logs/crc32c.h"
#include "reports/training_logs/event_message.h"
#include "reports/training_logs/event_records.h"
#include "reports/training_logs/event_writer.h"
#include "reports/training_logs/wire_format.h"
#include "tests/reports/training_logs/log_text.h"

namespace flm {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

TEST(Crc32c, ValuesOfRfc3720) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

const std::vector<ScalarEvent> kEvents = {{"loss/train", 0, 1700000000.5, 5.875},
                                          {"bpb@ctx256/prose", 20, 1700000001.25, 3.1},
                                          {"bpb@ctx256/prose", 300000, 1700000002.0, HUGE_VAL},
                                          {"bpb@ctx256/prose", 300001, 1700000002.0, -0.0}};

TEST(EventWriter, BytesAreThoseOfTensorBoardsOwnWriter) {
  // tensorboard 2.21.0, RecordWriter over event_pb2.Event of the same events.
  EXPECT_EQ(
      event_file(kEvents),
      from_hex(
          "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b3531101e000000"
          "00000000d9dc12320900002040fc54d9412a130a110a0a6c6f73732f747261696e150000bc4013e0a4182600"
          "000000000000734fe3000900005040fc54d94110142a190a170a10627062406374783235362f70726f736515"
          "66664640e14f10722800000000000000ff70164a0900008040fc54d94110e0a7122a190a170a106270624063"
          "74783235362f70726f7365150000807f970c070f2800000000000000ff70164a0900008040fc54d94110e1a7"
          "122a190a170a10627062406374783235362f70726f736515000000808c924960"));
}

TEST(EventWriter, WhatIsWrittenIsRead) {
  std::vector<ScalarEvent> events;
  for (int step = 1; step <= 5; ++step)
    events.push_back({"lm loss", step, 1.7e9 + step, 3.5 - 0.125 * step});
  const TrainingLog log = log_of({event_file(events)});
  EXPECT_EQ(log.format, "tensorboard");
  EXPECT_THAT(losses_of(log.live), ElementsAre(3.375, 3.25, 3.125, 3.0, 2.875));
  EXPECT_EQ(log.live.points[4].seconds, 1.7e9 + 5);
  EXPECT_EQ(event_file_name(1.7e9 + 0.5, "flmeval"), "events.out.tfevents.1700000000.flmeval");
}

/// Event with one value, whose fields after the tag are given.
std::string event_with(std::int64_t step, const std::string& value_fields) {
  std::string value, summary, event;
  append_bytes(value, 1, "loss");
  value += value_fields;
  append_bytes(summary, 1, value);
  append_double(event, 1, 1.7e9);
  append_integer(event, 2, static_cast<std::uint64_t>(step));
  append_bytes(event, 5, summary);
  return event;
}

/// The value of a tensor with these fields, NaN where it is no scalar.
double tensor_value(std::uint64_t type, const std::string& fields) {
  std::string tensor, value;
  append_integer(tensor, 1, type);
  append_bytes(value, 8, tensor + fields);
  const auto event = parse_event(event_with(1, value));
  return event && event->scalars.size() == 1 ? event->scalars[0].value : std::nan("");
}

TEST(EventMessage, ScalarsOfTensorFlow2) {
  // The fields that tensorflow.make_tensor_proto writes for a number, and their packed form.
  std::string content, packed, single, wide, half, whole;
  append_bytes(content, 4, from_hex("00006040"));
  EXPECT_EQ(tensor_value(1, content), 3.5);
  append_bytes(packed, 5, from_hex("00006040"));
  EXPECT_EQ(tensor_value(1, packed), 3.5);
  append_float(single, 5, 3.5f);
  EXPECT_EQ(tensor_value(1, single), 3.5);
  append_bytes(wide, 6, from_hex("9a99999999990940"));
  EXPECT_EQ(tensor_value(2, wide), 3.2);
  append_bytes(half, 13, std::string("\x80\x86\x01", 3));  // 0x4300
  EXPECT_EQ(tensor_value(19, half), 3.5);
  append_bytes(whole, 10, std::string("\x07", 1));
  EXPECT_EQ(tensor_value(9, whole), 7);
  EXPECT_TRUE(std::isnan(tensor_value(7, content)));  // text
  std::string two;
  append_bytes(two, 4, from_hex("0000604000006040"));
  EXPECT_TRUE(std::isnan(tensor_value(1, two)));
}

TEST(EventMessage, ImagesAndTextsArePassedOver) {
  std::string image, graph;
  append_bytes(image, 4, "a picture");
  EXPECT_THAT(parse_event(event_with(3, image))->scalars, IsEmpty());
  append_bytes(graph, 4, "a graph");
  EXPECT_THAT(parse_event(graph)->scalars, IsEmpty());
  EXPECT_EQ(parse_event("\x0a\xff"), std::nullopt);
}

std::string session_start(std::int64_t step) {
  std::string session, event;
  append_integer(session, 1, 1);
  append_double(event, 1, 1.7e9);
  append_integer(event, 2, static_cast<std::uint64_t>(step));
  append_bytes(event, 7, session);
  return event_record(event);
}

/// A file of losses at these steps.
std::string losses_at(int from, int to, int every, float loss) {
  std::string out;
  for (int step = from; step <= to; step += every) {
    std::string value;
    append_float(value, 2, loss);
    out += event_record(event_with(step, value));
    loss -= 0.125f;
  }
  return out;
}

TEST(EventFile, ARestartMarkVoidsStepsThatAreNotLoggedAgain) {
  const TrainingLog log =
      log_of({losses_at(5, 75, 5, 5) + session_start(58) + losses_at(70, 90, 10, 3)});
  EXPECT_THAT(log.restarts, ElementsAre(57));
  EXPECT_EQ(steps_of(log.live).size(), 11u + 3u);
  EXPECT_THAT(steps_of(log.lost.at(0)), ElementsAre(60, 65, 70, 75));
}

TEST(EventFile, AMarkAtTheBeginIsNoRestart) {
  const TrainingLog log = log_of({session_start(0) + losses_at(1, 5, 1, 5)});
  EXPECT_THAT(log.restarts, IsEmpty());
  EXPECT_EQ(log.live.attempt, 1);
}

TEST(EventFile, ATornEndIsNormal) {
  const std::string whole = losses_at(1, 4, 1, 5);
  const std::size_t record = whole.size() / 4;
  for (std::size_t cut = 1; cut < record; ++cut) {
    const TrainingLog log = log_of({whole.substr(0, whole.size() - cut)});
    ASSERT_EQ(steps_of(log.live).size(), 3u) << cut;
    ASSERT_THAT(log.notes, Contains(HasSubstr("is cut"))) << cut;
  }
  EXPECT_EQ(steps_of(log_of({whole + std::string(50, '\0')}).live).size(), 4u);
  std::string half_written = whole;
  half_written[whole.size() - 6] ^= 1;
  EXPECT_EQ(steps_of(log_of({half_written}).live).size(), 3u);
}

TEST(EventFile, DamageInTheMiddleIsAnErrorWithItsPlace) {
  const std::string whole = losses_at(1, 4, 1, 5);
  const std::size_t record = whole.size() / 4;
  for (const std::size_t at : {record, record + 9, record + 14, 2 * record - 1}) {
    std::string damaged = whole;
    damaged[at] ^= 0x40;
    try {
      log_of({damaged});
      FAIL() << at;
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged")) << at;
      EXPECT_THAT(error.what(), HasSubstr("at byte " + std::to_string(record))) << at;
    }
  }
}

TEST(EventFile, ALengthThatIsNotThereTakesNoMemory) {
  std::string length("\xff\xff\xff\xff\xff\xff\xff\x7f", 8);
  std::string head = length;
  const std::uint32_t crc = masked_crc32c(length);
  for (int i = 0; i < 4; ++i) head += static_cast<char>(crc >> (8 * i) & 255);
  EXPECT_EQ(steps_of(log_of({losses_at(1, 3, 1, 5) + head + "some bytes"}).live).size(), 3u);
}

}  // namespace
}  // namespace flm
