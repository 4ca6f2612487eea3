// SPDX-License-Identifier: Apache-2.0

#include "containercollector/list_options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <tuple>
#include <utility>

#include "containercollector/error.h"
#include "containercollector/types.h"
#include "lib/src/json/decoder.h"
#include "lib/src/option_checks.h"
#include "lib/src/query_string.h"
#include "lib/src/text.h"

namespace containercollector {
namespace {

/// Mirrors BoolValue of moby v19.03.15 api/server/httputils/form.go.
bool ParseBool(std::string_view value) {
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  value.remove_prefix(std::min(value.find_first_not_of(kSpaces), value.size()));
  value = value.substr(0, value.find_last_not_of(kSpaces) + 1);
  std::string lower(value);
  for (char& c : lower)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return !(lower.empty() || lower == "0" || lower == "no" || lower == "false" ||
           lower == "none");
}

int ParseLimit(std::string_view value) {
  if (value.empty()) return 0;
  int limit = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), limit);
  if (error != std::errc() || end != value.data() + value.size()) {
    internal::RejectParameter(
        "limit", value,
        "write how many containers are wanted, e.g. limit=10, or 0 for all");
  }
  return std::max(limit, 0);
}

const std::string& ValueOf(const std::string& element) { return element; }
const std::string& ValueOf(const std::pair<std::string, bool>& element) {
  return element.first;
}

/// Returns the filters in a JSON object of sets or lists; nothing if `json` is
/// something else.
template <typename Values>
std::optional<Filters> TryParseFilters(const std::string& json) {
  using Json = std::optional<SortedMap<std::optional<Values>>>;
  Filters::Map filters;
  try {
    for (const auto& [name, values] :
         OrEmpty(internal::DecodeJson<Json>(json))) {
      auto& set = filters[name];
      for (const auto& element : OrEmpty(values)) set.insert(ValueOf(element));
    }
    return Filters(std::move(filters));
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Mirrors FromJSON of moby v19.03.15 api/types/filters/parse.go: accepts
/// sets, and the lists that older clients send.
Filters ParseFilters(const std::string& value) {
  if (value.empty()) return {};
  auto filters = TryParseFilters<SortedMap<bool>>(value);
  if (!filters) filters = TryParseFilters<StringList>(value);
  if (!filters) {
    internal::RejectParameter(
        "filters", value,
        R"(write JSON with a list of values for each name, e.g. {"status":["running"],"label":["app=web"]})");
  }
  return *std::move(filters);
}

}  // namespace

bool operator==(const ListOptions& a, const ListOptions& b) {
  return std::tie(a.all, a.size, a.limit, a.filters) ==
         std::tie(b.all, b.size, b.limit, b.filters);
}

bool operator<(const ListOptions& a, const ListOptions& b) {
  return std::tie(a.all, a.size, a.limit, a.filters) <
         std::tie(b.all, b.size, b.limit, b.filters);
}

ListOptions ParseListOptions(std::string_view query) {
  return internal::ParseListOptions(internal::ParseQueryString(query));
}

namespace internal {

ListOptions ParseListOptions(const QueryParameters& parameters) {
  const auto find = [&](std::string_view name) {
    return FindParameter(parameters, name);
  };
  ListOptions options;
  if (const auto* all = find("all")) options.all = ParseBool(*all);
  if (const auto* size = find("size")) options.size = ParseBool(*size);
  if (const auto* limit = find("limit")) options.limit = ParseLimit(*limit);
  if (const auto* filters = find("filters"))
    options.filters = ParseFilters(*filters);
  CheckOptions(options);
  return options;
}

void CheckOptions(const ListOptions& options) {
  for (const auto& [name, values] : options.filters) {
    if (name.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "invalid filters: a filter has no name: write one of "
                  "Docker's, e.g. status or label");
    }
    if (values.count("") > 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  "invalid filters: \"" + RepairUtf8(name) +
                      "\" has an empty value: write what it must match, e.g. " +
                      "label=app=web or status=running");
    }
  }
}

}  // namespace internal
}  // namespace containercollector
