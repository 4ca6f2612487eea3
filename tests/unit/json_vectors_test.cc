// SPDX-License-Identifier: Apache-2.0

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <fstream>
#include <string>
#include <vector>

#include "containercollector/error.h"
#include "containercollector/json.h"
#include "lib/src/json/decoder.h"
#include "tests/support/catch.h"

using namespace containercollector;

namespace {

struct Vector {
  std::string name;
  std::string input;
  bool ok = false;
  std::string output;
};

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string StringMember(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

std::vector<Vector> ReadVectors() {
  std::ifstream lines(TEST_DATA_DIR "/containers.jsonl");
  std::vector<Vector> vectors;
  for (std::string line; std::getline(lines, line);) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
    REQUIRE_FALSE(document.HasParseError());
    Vector vector;
    vector.name = StringMember(document, "name");
    vector.input = document.HasMember("input_hex")
                       ? FromHex(StringMember(document, "input_hex"))
                       : StringMember(document, "input");
    vector.ok = document["ok"].GetBool();
    vector.output = StringMember(document, "output");
    vectors.push_back(vector);
  }
  return vectors;
}

rapidjson::Document Parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(),
                                                        json.size());
  INFO(json);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

/// Equal values, and the members of every object in the same order: the fields
/// of a struct keep the order of the Go struct, the keys of a map are sorted.
bool SameInOrder(const rapidjson::Value& a, const rapidjson::Value& b) {
  if (a.GetType() != b.GetType()) return false;
  if (a.IsArray()) {
    if (a.Size() != b.Size()) return false;
    for (rapidjson::SizeType i = 0; i < a.Size(); ++i) {
      if (!SameInOrder(a[i], b[i])) return false;
    }
    return true;
  }
  if (a.IsObject()) {
    if (a.MemberCount() != b.MemberCount()) return false;
    for (auto x = a.MemberBegin(), y = b.MemberBegin(); x != a.MemberEnd();
         ++x, ++y) {
      if (x->name != y->name || !SameInOrder(x->value, y->value)) return false;
    }
    return true;
  }
  return a == b;
}

}  // namespace

TEST_CASE("Containers are decoded and encoded as Go's types do") {
  const auto vectors = ReadVectors();
  CHECK(vectors.size() == 301);
  for (const Vector& vector : vectors) {
    CAPTURE(vector.name, vector.input.substr(0, 500));
    if (!vector.ok) {
      CHECK_THROWS_AS(DecodeContainers(vector.input), Error);
      continue;
    }
    std::string output;
    REQUIRE_NOTHROW(output = EncodeContainers(DecodeContainers(vector.input)));
    CAPTURE(output, vector.output);
    CHECK(SameInOrder(Parse(output), Parse(vector.output)));
    CHECK(EncodeContainers(DecodeContainers(output)) == output);
  }
}

TEST_CASE("Keys match in any case in every struct that daemons send") {
  CHECK(
      internal::DecodeJson<internal::ErrorResponse>("{\"MES\xC5\xBF"
                                                    R"(age":"no such filter"})")
          .message == "no such filter");
  const auto daemon = internal::DecodeJson<DaemonVersion>(
      R"({"apiversion":"1.52","MINAPIVERSION":"1.44","\u212aernelVersion":"6",
          "components":[{"NAME":"Engine","details":{"Arch":"a","arch":"b"}}]})");
  CHECK(daemon.api_version == "1.52");
  CHECK(daemon.min_api_version == "1.44");
  CHECK(daemon.kernel_version == "6");
  CHECK(daemon.components->at(0).name == "Engine");
  CHECK(daemon.components->at(0).details ==
        StringMap{{"Arch", "a"}, {"arch", "b"}});
}

TEST_CASE("The order of the fields is compared, not only their values") {
  CHECK_FALSE(
      SameInOrder(Parse(R"({"a":1,"b":2})"), Parse(R"({"b":2,"a":1})")));
  CHECK(SameInOrder(Parse(R"([{"a":1,"b":[null]}])"),
                    Parse(R"([ {"a":1, "b":[null]} ])")));
}
