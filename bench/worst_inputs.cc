// SPDX-License-Identifier: Apache-2.0

#include "bench/worst_inputs.h"

#include "bench/node_generator.h"
#include "containercollector/json.h"

namespace containercollector::bench {
namespace {

/// Room for the last item, and for the decoder to parse in place.
constexpr std::size_t kReserve = 128;

/// `begin`, then as many of `item` as fit, with commas between, then `end`.
std::string Repeat(std::string_view begin, std::string_view item,
                   std::string_view end, std::size_t bytes) {
  std::string json;
  json.reserve(bytes + kReserve);
  json.append(begin);
  while (json.size() + item.size() + end.size() < bytes)
    json.append(item).append(",");
  return json.append(item).append(end);
}

/// `begin`, then as many keys as fit, with `between` between, then `end`. Each
/// key is less than the one before, the worst order for a map.
std::string RepeatWithKeys(std::string_view begin, std::string_view between,
                           std::string_view end, std::size_t bytes) {
  std::size_t key = 99'999'999;
  std::string json;
  json.reserve(bytes + kReserve);
  json.append(begin).append(std::to_string(key));
  while (json.size() + between.size() + end.size() < bytes)
    json.append(between).append(std::to_string(--key));
  return json.append(end);
}

std::string RichNode(std::size_t bytes) {
  constexpr std::size_t kBytesOfContainer = 4300;
  return EncodeContainers(
      GenerateNode(Shape::kRich, bytes / kBytesOfContainer));
}

std::string DeepNesting(std::size_t bytes) {
  constexpr std::size_t kDepth = 9990;
  const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
  return Repeat(R"([{"A":[)", deep, "]}]", bytes);
}

}  // namespace

std::vector<WorstInput> WorstInputs() {
  using Size = std::size_t;
  return {
      {"rich node", RichNode},
      {"one key repeated",
       [](Size bytes) { return Repeat("[{", R"("Id":"")", "}]", bytes); }},
      {"unknown keys",
       [](Size bytes) { return Repeat("[{", R"("A":0)", "}]", bytes); }},
      {"deep nesting", DeepNesting},
      {"bytes that are not UTF-8",
       [](Size bytes) {
         return R"([{"Id":")" + std::string(bytes, '\xFF') + "\"}]";
       }},
      {"labels in descending order",
       [](Size bytes) {
         return RepeatWithKeys(R"([{"Labels":{")", R"(":"",")", R"(":""}}])",
                               bytes);
       }},
      {"labels opened again for each",
       [](Size bytes) {
         return RepeatWithKeys(R"([{"Labels":{")", R"(":""},"Labels":{")",
                               R"(":""}}])", bytes);
       }},
      {"networks opened again for each",
       [](Size bytes) {
         return RepeatWithKeys(R"([{"NetworkSettings":{"Networks":{")",
                               R"(":null}},"NetworkSettings":{"Networks":{")",
                               R"(":null}}}])", bytes);
       }},
      {"empty names",
       [](Size bytes) {
         return Repeat(R"([{"Names":[)", R"("")", "]}]", bytes);
       }},
      {"empty containers",
       [](Size bytes) { return Repeat("[", "{}", "]", bytes); }},
      {"empty mounts",
       [](Size bytes) {
         return Repeat(R"([{"Mounts":[)", "{}", "]}]", bytes);
       }},
      {"empty networks",
       [](Size bytes) {
         return RepeatWithKeys(R"([{"NetworkSettings":{"Networks":{")",
                               R"(":{},")", R"(":{}}}}])", bytes);
       }},
  };
}

}  // namespace containercollector::bench
