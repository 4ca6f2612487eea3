// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/json_difference.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace containercollector::engine {
namespace {

using rapidjson::SizeType;
using rapidjson::Value;

std::string Differ(const Value& expected, const Value& actual,
                   const std::string& place) {
  return place + ": expected " + ToJson(expected) + ", got " + ToJson(actual);
}

std::string DifferenceOfArrays(const Value& expected, const Value& actual,
                               const std::string& place) {
  if (expected.Size() != actual.Size()) {
    return place + ": expected " + std::to_string(expected.Size()) +
           " elements, got " + std::to_string(actual.Size());
  }
  for (SizeType i = 0; i < expected.Size(); ++i) {
    std::string difference = FirstDifference(
        expected[i], actual[i], place + "[" + std::to_string(i) + "]");
    if (!difference.empty()) return difference;
  }
  return "";
}

/// The keys of an object as a JSON array.
std::string Keys(const Value& object) {
  rapidjson::Document keys(rapidjson::kArrayType);
  for (const auto& member : object.GetObject()) {
    keys.PushBack(Value(member.name, keys.GetAllocator()), keys.GetAllocator());
  }
  return ToJson(keys);
}

std::string DifferenceOfObjects(const Value& expected, const Value& actual,
                                const std::string& place) {
  if (Keys(expected) != Keys(actual)) {
    return place + ": expected the members " + Keys(expected) + ", got " +
           Keys(actual);
  }
  auto other = actual.MemberBegin();
  for (const auto& member : expected.GetObject()) {
    std::string difference = FirstDifference(
        member.value, other->value, place + "." + member.name.GetString());
    if (!difference.empty()) return difference;
    ++other;
  }
  return "";
}

}  // namespace

std::string ToJson(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

std::string FirstDifference(const Value& expected, const Value& actual,
                            const std::string& place) {
  if (expected.IsArray() && actual.IsArray()) {
    return DifferenceOfArrays(expected, actual, place);
  }
  if (expected.IsObject() && actual.IsObject()) {
    return DifferenceOfObjects(expected, actual, place);
  }
  return expected == actual ? "" : Differ(expected, actual, place);
}

}  // namespace containercollector::engine
