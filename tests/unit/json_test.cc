// SPDX-License-Identifier: Apache-2.0
#include "containercollector/json.h"

#include <pthread.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/error.h"
#include "lib/src/json/decoder.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using containercollector::test::ErrorOf;

namespace {

std::string DecodeErrorOf(const std::string& json) {
  CAPTURE(json.substr(0, 500));
  const Error error = ErrorOf([&] { return DecodeContainers(json); });
  CHECK(error.code() == ErrorCode::kResponseMalformed);
  return error.what();
}

/// Returns the only container of an array, encoded again.
std::string Transcoded(const std::string& container) {
  return EncodeContainers(DecodeContainers("[" + container + "]"));
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

/// Returns the JSON with the members of each object in their order, but always
/// with the same spaces and escapes.
std::string Normalized(const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(),
                                                        json.size());
  REQUIRE_FALSE(document.HasParseError());
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  document.Accept(writer);
  return text.GetString();
}

}  // namespace

TEST_CASE("Containers are decoded and encoded as Go's types do") {
  std::ifstream lines(TEST_DATA_DIR "/containers.jsonl");
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    rapidjson::Document vector;
    vector.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
    REQUIRE_FALSE(vector.HasParseError());
    const auto text = [&](const char* name) {
      return std::string(vector[name].GetString(),
                         vector[name].GetStringLength());
    };
    const std::string input = vector.HasMember("input_hex")
                                  ? FromHex(text("input_hex"))
                                  : text("input");
    CAPTURE(text("name"), input.substr(0, 500));
    if (!vector["ok"].GetBool()) {
      DecodeErrorOf(input);
      continue;
    }
    std::string output;
    REQUIRE_NOTHROW(output = EncodeContainers(DecodeContainers(input)));
    CHECK(Normalized(output) == Normalized(text("output")));
    CHECK(EncodeContainers(DecodeContainers(output)) == output);
  }
  CHECK(count == 301);
}

TEST_CASE("Keys match in any case in every struct that daemons send") {
  using namespace containercollector::internal;
  CHECK(DecodeJson<ErrorResponse>("{\"MES\xC5\xBF"
                                  R"(age":"no such filter"})")
            .message == "no such filter");
  const auto daemon = DecodeJson<DaemonVersion>(
      R"({"Os":"linux","apiversion":"1.52","MINAPIVERSIO\u006e":"1.44"})");
  CHECK(daemon.api_version == "1.52");
  CHECK(daemon.min_api_version == "1.44");
  std::ifstream recorded(TEST_DATA_DIR
                         "/recorded/docker-20.10.24.version.json");
  CHECK(DecodeJson<DaemonVersion>({std::istreambuf_iterator(recorded), {}})
            .api_version == "1.41");
}

TEST_CASE("A value of a wrong type is an error that names the place") {
  const std::string int64 =
      "expected a whole number from -9223372036854775808 to "
      "9223372036854775807, got ";
  const std::string uint16 = "expected a whole number from 0 to 65535, got ";
  const std::string longest_key = std::string(63, 'x');
  for (const auto& [json, text] : std::vector<std::array<std::string, 2>>{
           {R"({})", "expected an array, got an object"},
           {R"("x")", "expected an array, got a string"},
           {R"([{},5])", "[1]: expected an object, got 5"},
           {R"([{"Id":5}])", "[0].Id: expected a string, got 5"},
           {R"([{"Names":["/a",false]}])",
            "[0].Names[1]: expected a string, got false"},
           {R"([{},{},{},{"Ports":[{"PrivatePort":70000}]}])",
            "[3].Ports[0].PrivatePort: " + uint16 + "70000"},
           {R"([{"Ports":[{"PrivatePort":-0}]}])",
            "[0].Ports[0].PrivatePort: " + uint16 + "-0"},
           {R"([{"Created":9223372036854775808}])",
            "[0].Created: " + int64 + "9223372036854775808"},
           {R"([{"Created":1.5}])",
            "[0].Created: " + int64 +
                "a number with a fraction, an exponent or over 64 bits"},
           {R"([{"Mounts":[{"RW":"true"}]}])",
            "[0].Mounts[0].RW: expected true or false, got a string"},
           {R"([{"Labels":{"a.b":1}}])",
            "[0].Labels[\"a.b\"]: expected a string, got 1"},
           {R"([{"HostConfig":[]}])",
            "[0].HostConfig: expected an object, got an array"},
           {R"([{"NetworkSettings":{"Networks":{"n":{"Links":[7]}}}}])",
            "[0].NetworkSettings.Networks[\"n\"].Links[0]: expected a string, "
            "got 7"},
           {"[{\"Labels\":{\"\xFF" + longest_key + "more\":1}}]",
            "[0].Labels[\"\xEF\xBF\xBD" + longest_key +
                "\"]: expected a string, got 1"},
       })
    CHECK(DecodeErrorOf(json) == text);
}

TEST_CASE("Text that is not JSON is an error that names the byte") {
  for (const auto& [json, text] : std::vector<std::array<std::string, 2>>{
           {"", "0: The document is empty"},
           {"[] x",
            "3: The document root must not be followed by other values"},
           {std::string("[]\0junk", 7), "2: a NUL byte follows the value"},
           {std::string("[]\0", 3), "2: a NUL byte follows the value"},
           {R"([{"Id":"abc)", "11: Missing a closing quotation mark in string"},
           {"[{\"Id\":\"\x1F\"}]", "8: Invalid escape character in string"},
           {R"([{"Zed":1.x}])", "10: Invalid value"},
       })
    CHECK(DecodeErrorOf(json) == "invalid JSON at byte " + text);
}

TEST_CASE("Control bytes are an error wherever they stand in a string") {
  const char byte = GENERATE('\x00', '\x01', '\x19', '\x1A', '\x1F');
  for (std::size_t before = 0; before < 40; ++before) {
    CAPTURE(before);
    CHECK_THROWS_AS(DecodeContainers(R"([{"Id":")" + std::string(before, 'x') +
                                     byte + std::string(40, 'y') + "\"}]"),
                    Error);
  }
}

TEST_CASE("Values may be nested as deep as in Go, which costs no stack") {
  const auto nested = [](std::size_t depth) {
    return R"([{"Zed":)" + std::string(depth, '[') + std::string(depth, ']') +
           "}]";
  };
  constexpr const char* kTooDeep = "nested more than 10000 deep";
  CHECK(DecodeErrorOf(nested(9999)) == kTooDeep);
  CHECK(DecodeErrorOf(R"([{"Zed":)" + std::string(1000000, '[')) == kTooDeep);

  std::string json = nested(9998);
  const auto decode = [](void* text) -> void* {
    auto& result = *static_cast<std::string*>(text);
    result = EncodeContainers(DecodeContainers(result)).substr(0, 7);
    return nullptr;
  };
  constexpr std::size_t kStackBytes = 256 * 1024;
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, kStackBytes) == 0);
  pthread_t thread{};
  REQUIRE(pthread_create(&thread, &attributes, decode, &json) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  REQUIRE(pthread_attr_destroy(&attributes) == 0);
  CHECK(json == R"([{"Id":)");
}

TEST_CASE("Structs that are almost empty cannot multiply the memory") {
  const auto repeat = [](const std::string& begin, const std::string& item,
                         const std::string& end) {
    std::string json = begin + item;
    for (int i = 0; i < 100'000; ++i) json += "," + item;
    return json + end;
  };
  for (const auto& [begin, item, end, place] :
       std::vector<std::array<std::string, 4>>{
           {"[", "{}", "]", ""},
           {"[", "null", "]", ""},
           {R"([{"Mounts":[)", "{}", "]}]", "[0].Mounts"},
           {R"([{"NetworkSettings":{"Networks":{)", R"("a":{})", "}}}]",
            "[0].NetworkSettings.Networks"},
       }) {
    const std::string text = DecodeErrorOf(repeat(begin, item, end));
    CHECK(text.substr(0, text.rfind('[')) == place);
    CHECK(text.substr(text.rfind(']')) ==
          "]: too many values that are almost empty: decoded, they take over "
          "12 times the bytes of the JSON");
  }
  CHECK_THROWS_AS(
      ForEachContainer(repeat("[", "{}", "]"), [](const Container&) {}), Error);

  CHECK(DecodeContainers(repeat(R"([{"Names":[)", R"("")", "]}]"))
            ->front()
            .names->size() == 100'001);
  CHECK(DecodeContainers(repeat(R"([{"Labels":{)", R"("":"")", "}}]"))
            ->front()
            .labels->size() == 1);
  CHECK(DecodeContainers("[{},{}" + std::string(3000, ' ') + "]")->size() == 2);
}

TEST_CASE("A string of 100 MB is read whole") {
  const std::string text(100'000'000, 'x');
  const auto containers = DecodeContainers(R"([{"Id":")" + text + R"("}])");
  CHECK(containers->front().id == text);
}

TEST_CASE("Maps are sorted once, however they are filled") {
  // Inserted one by one, or sorted at each end, these would take minutes.
  constexpr int kTimes = 60'000;
  std::string labels;
  std::string labels_again;
  std::string networks_again;
  for (int i = kTimes; i-- > 0;) {
    const std::string key = std::to_string(i);
    labels += "\"" + key + R"(":"",)";
    labels_again += R"("Labels":{")" + key + R"(":""},)";
    networks_again +=
        R"("NetworkSettings":{"Networks":{")" + key + R"(":null}},)";
  }
  labels.back() = '}';
  const auto containers =
      DecodeContainers(R"([{"Labels":{)" + labels + "},{" + labels_again +
                       networks_again + R"("Id":"a"}])");
  const auto check = [&](const auto& map) {
    CHECK(map->size() == kTimes);
    CHECK(map->begin()->first == "0");
  };
  check(containers->at(0).labels);
  check(containers->at(1).labels);
  check(containers->at(1).network_settings->networks);
}

TEST_CASE("A repeated map adds to the first, a repeated list replaces it") {
  CHECK(Transcoded(R"({"Labels":{"b":"1","a":"1"},"Labels":{"a":"2"}})")
            .find(R"("Labels":{"a":"2","b":"1"})") != std::string::npos);
  CHECK(Transcoded(R"({"Names":["/a","/b"],"Names":["/c"]})")
            .find(R"("Names":["/c"])") != std::string::npos);
}

TEST_CASE("Containers are visited one by one, each as if it were alone") {
  std::vector<std::string> visited;
  const auto visit = [&](const Container& container) {
    visited.push_back(EncodeContainers({container}));
  };
  const std::string full = R"({"Id":"a","Labels":{"k":"v","a":"b"}})";
  CHECK(ForEachContainer("[" + full + ",null,{}," + full + "]", visit));
  const std::string empty = EncodeContainers({Container{}});
  CHECK(visited == std::vector<std::string>{Transcoded(full), empty, empty,
                                            Transcoded(full)});
  visited.clear();
  CHECK(ForEachContainer("[]", visit));
  CHECK_FALSE(ForEachContainer("null", visit));
  CHECK(visited.empty());
}

TEST_CASE("What a visitor throws, or a JSON error, ends the iteration") {
  int visits = 0;
  const auto visit = [&](const Container& container) {
    ++visits;
    if (container.id == "enough") throw std::logic_error("enough");
  };
  CHECK_THROWS_AS(ForEachContainer(R"([{},{"Id":"enough"},{}])", visit),
                  std::logic_error);
  CHECK(visits == 2);
  CHECK_THROWS_AS(ForEachContainer(R"([{},{"Id":1}])", visit), Error);
  CHECK(visits == 3);
}

TEST_CASE("Strings are escaped as JSON demands, and are always valid UTF-8") {
  Container container;
  container.id = "a\"b\\c\n\r\t\x01\x7F<&>/";
  container.image = "a\xFF";
  container.labels = StringMap{{"\xC0", "\xE2\x82"}};
  const std::string json = EncodeContainers({container});
  for (const std::string part :
       {"\"Id\":\"a\\\"b\\\\c\\n\\r\\t\\u0001\x7F<&>/\"",
        "\"Image\":\"a\xEF\xBF\xBD\"",
        "\"Labels\":{\"\xEF\xBF\xBD\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}"})
    CHECK(json.find(part) != std::string::npos);
}
