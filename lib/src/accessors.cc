// SPDX-License-Identifier: Apache-2.0

#include "containercollector/accessors.h"

namespace containercollector {
namespace {

std::string LabelOrEmpty(const Container& container, std::string_view key) {
  return FindLabel(container, key).value_or("");
}

}  // namespace

std::string PrimaryName(const Container& container) {
  if (!container.names) return "";
  for (const std::string& name : *container.names) {
    const std::size_t start = name.rfind('/', 0) == 0 ? 1 : 0;
    if (name.find('/', start) == std::string::npos) return name.substr(start);
  }
  return "";
}

std::optional<std::string> FindLabel(const Container& container,
                                     std::string_view key) {
  if (!container.labels) return std::nullopt;
  const std::string* const value = container.labels->Find(key);
  return value == nullptr ? std::nullopt : std::make_optional(*value);
}

std::chrono::system_clock::time_point CreationTime(const Container& container) {
  using TimePoint = std::chrono::system_clock::time_point;
  using std::chrono::seconds;
  using std::chrono::time_point_cast;
  using SecondsPoint =
      std::chrono::time_point<std::chrono::system_clock, seconds>;
  const SecondsPoint time(seconds(container.created));
  if (time <= time_point_cast<seconds>(TimePoint::min()))
    return TimePoint::min();
  if (time >= time_point_cast<seconds>(TimePoint::max()))
    return TimePoint::max();
  return time;
}

std::string PodNamespace(const Container& container) {
  return LabelOrEmpty(container, kPodNamespaceLabel);
}

std::string PodName(const Container& container) {
  return LabelOrEmpty(container, kPodNameLabel);
}

std::string PodUid(const Container& container) {
  return LabelOrEmpty(container, kPodUidLabel);
}

std::string PodContainerName(const Container& container) {
  return LabelOrEmpty(container, kPodContainerNameLabel);
}

bool IsPodSandbox(const Container& container) {
  return FindLabel(container, kPodContainerTypeLabel) == "podsandbox" ||
         PodContainerName(container) == "POD";
}

}  // namespace containercollector
