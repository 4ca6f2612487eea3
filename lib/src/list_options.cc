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
#include "lib/src/json/utf8.h"
#include "lib/src/option_checks.h"
#include "lib/src/query_string.h"

namespace containercollector {
namespace {

/// Error texts show at most this many bytes of a value.
constexpr std::size_t kMaxValueInText = 128;

[[noreturn]] void RejectParameter(std::string_view name, std::string_view value,
                                  const std::string& why) {
  std::string text = "invalid " + std::string(name) + " \"";
  text += internal::RepairUtf8(value.substr(0, kMaxValueInText));
  if (value.size() > kMaxValueInText) text += "...";
  throw Error(ErrorCode::kInvalidArgument, text + "\": " + why);
}

/// Does what BoolValue of moby v19.03.15 api/server/httputils/form.go does.
bool ParseBool(std::string_view value) {
  const auto is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!value.empty() && is_space(static_cast<unsigned char>(value.front())))
    value.remove_prefix(1);
  while (!value.empty() && is_space(static_cast<unsigned char>(value.back())))
    value.remove_suffix(1);
  std::string lower(value);
  std::transform(
      lower.begin(), lower.end(), lower.begin(),
      [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return !(lower.empty() || lower == "0" || lower == "no" || lower == "false" ||
           lower == "none");
}

int ParseLimit(std::string_view value) {
  if (value.empty()) return 0;
  int limit = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), limit);
  if (error != std::errc() || end != value.data() + value.size()) {
    RejectParameter(
        "limit", value,
        "write how many containers are wanted, e.g. limit=10, or 0 for all");
  }
  return std::max(limit, 0);
}

template <typename Json>
std::optional<Json> TryDecode(const std::string& json) {
  try {
    return internal::DecodeJson<Json>(json);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Does what FromJSON of moby v19.03.15 api/types/filters/parse.go does: takes
/// objects, or the lists of older clients.
Filters ParseFilters(const std::string& value) {
  using Objects = std::optional<SortedMap<std::optional<SortedMap<bool>>>>;
  using Lists = std::optional<SortedMap<std::optional<StringList>>>;

  Filters::Map filters;
  if (value.empty()) return {};
  if (const auto objects = TryDecode<Objects>(value)) {
    for (const auto& [name, values] : OrEmpty(*objects)) {
      auto& set = filters[name];
      for (const auto& entry : OrEmpty(values)) set.insert(entry.first);
    }
  } else if (const auto lists = TryDecode<Lists>(value)) {
    for (const auto& [name, values] : OrEmpty(*lists)) {
      auto& set = filters[name];
      for (const auto& entry : OrEmpty(values)) set.insert(entry);
    }
  } else {
    RejectParameter(
        "filters", value,
        R"(write JSON with a list of values for each name, e.g. {"status":["running"],"label":["app=web"]})");
  }
  return Filters(std::move(filters));
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
  const auto parameters = internal::ParseQueryString(query);
  if (!parameters) {
    RejectParameter("query", query,
                    "write every % in it as %25, or as the code of a byte, "
                    "e.g. %20 for a space");
  }
  const auto first = [&](std::string_view name) -> std::optional<std::string> {
    for (const auto& [parameter, value] : *parameters) {
      if (parameter == name) return value;
    }
    return std::nullopt;
  };

  ListOptions options;
  if (const auto all = first("all")) options.all = ParseBool(*all);
  if (const auto size = first("size")) options.size = ParseBool(*size);
  if (const auto limit = first("limit")) options.limit = ParseLimit(*limit);
  if (const auto filters = first("filters"))
    options.filters = ParseFilters(*filters);
  internal::CheckOptions(options);
  return options;
}

namespace internal {

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
