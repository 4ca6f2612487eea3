// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_JSON_DIFFERENCE_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_JSON_DIFFERENCE_H_

#include <rapidjson/document.h>

#include <string>

namespace containercollector::engine {

std::string ToJson(const rapidjson::Value& value);

/// Where and how two JSON values differ first, the order of members counted;
/// empty when they are the same. `place` names the values themselves.
std::string FirstDifference(const rapidjson::Value& expected,
                            const rapidjson::Value& actual,
                            const std::string& place);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_JSON_DIFFERENCE_H_
