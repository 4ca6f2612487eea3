// SPDX-License-Identifier: Apache-2.0

#include "containercollector/list_options.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <tuple>
#include <utility>

#include "containercollector/error.h"
#include "containercollector/types.h"
#include "lib/src/failure.h"
#include "lib/src/json/decoder.h"
#include "lib/src/query_string.h"
#include "lib/src/text.h"

namespace containercollector {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    const auto byte = internal::ParseNumber<unsigned char>(digits, 16);
    if (digits.size() < 2 || !byte) return std::nullopt;
    decoded += static_cast<char>(*byte);
    i += digits.size();
  }
  return decoded;
}

/// Mirrors BoolValue of moby v19.03.15 api/server/httputils/form.go.
bool ParseBool(std::string_view value) {
  std::string lower(internal::Trimmed(value, " \t\n\v\f\r"));
  for (char& c : lower)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return !(lower.empty() || lower == "0" || lower == "no" || lower == "false" ||
           lower == "none");
}

int ParseLimit(std::string_view value) {
  if (value.empty()) return 0;
  const auto limit = internal::ParseNumber<int>(value);
  if (!limit) {
    internal::RejectParameter(
        "limit", value,
        "write how many containers are wanted, e.g. limit=10, or 0 for all");
  }
  return std::max(*limit, 0);
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

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    encoded += IsUnreserved(c) ? c : '%';
    if (IsUnreserved(c)) continue;
    const auto byte = static_cast<unsigned char>(c);
    encoded += kHexDigits[byte >> 4];
    encoded += kHexDigits[byte & 0xF];
  }
  return encoded;
}

QueryParameters ParseQueryString(std::string_view query) {
  QueryParameters parameters;
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), parameter.size() + 1));
    if (parameter.empty()) continue;

    const std::size_t equals = parameter.find('=');
    auto name = PercentDecode(parameter.substr(0, equals));
    auto value = PercentDecode(
        equals == std::string_view::npos ? "" : parameter.substr(equals + 1));
    if (!name || !value) {
      RejectParameter("query", query,
                      "write every % in it as %25, or as the code of a byte, "
                      "e.g. %20 for a space");
    }
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

const std::string* FindParameter(const QueryParameters& parameters,
                                 std::string_view name) {
  for (const auto& [parameter, value] : parameters)
    if (parameter == name) return &value;
  return nullptr;
}

void RejectParameter(std::string_view name, std::string_view value,
                     std::string_view why) {
  constexpr std::size_t kShown = 128;
  throw Error(ErrorCode::kInvalidArgument,
              "invalid " + std::string(name) + " \"" +
                  Shortened(value, kShown) + "\": " + std::string(why));
}

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
