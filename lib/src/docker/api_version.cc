// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/api_version.h"

#include <charconv>

namespace containercollector::internal {
namespace {

/// Removes a version from the beginning of the text and returns it.
std::optional<ApiVersion> ConsumeApiVersion(std::string_view& text) {
  int major = 0;
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto [dot, major_error] = std::from_chars(text.data(), end, major);
  if (major_error != std::errc() || dot == end || *dot != '.')
    return std::nullopt;
  const auto [rest, minor_error] = std::from_chars(dot + 1, end, minor);
  if (minor_error != std::errc() || major < 0 || minor < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return ApiVersion{major, minor};
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

std::string ToString(ApiVersion version) {
  return std::to_string(version.first) + "." + std::to_string(version.second);
}

std::optional<ApiVersion> ParseApiVersion(std::string_view text) {
  if (StartsWith(text, "v")) text.remove_prefix(1);
  const auto version = ConsumeApiVersion(text);
  return text.empty() ? version : std::nullopt;
}

std::optional<ApiVersion> ParseApiVersionRejection(std::string_view message) {
  // Only at the beginning, because errors can quote the caller's filters.
  const bool rejected = (StartsWith(message, "client version ") &&
                         (Contains(message, " is too old") ||
                          Contains(message, " is too new"))) ||
                        StartsWith(message, "client is newer than server") ||
                        StartsWith(message, "client is too old");
  if (!rejected) return std::nullopt;
  // The last form is that of Docker 1.13 and older.
  for (const std::string_view before :
       {"inimum supported API version is ", "aximum supported API version is ",
        "server API version: "}) {
    const std::size_t found = message.find(before);
    if (found == std::string_view::npos) continue;
    std::string_view rest = message.substr(found + before.size());
    return ConsumeApiVersion(rest).value_or(ApiVersion{});
  }
  return ApiVersion{};
}

}  // namespace containercollector::internal
