// SPDX-License-Identifier: Apache-2.0

/// @file
/// Accessors for what the Docker API stores only indirectly: a container's
/// name, a label, the creation time, and the Kubernetes pod.
///
/// The kubelet labels each container that it creates; see the constants.
/// Containers outside pods have none of these labels.
///
/// All functions return copies, so they are safe on temporaries.
/// Thread-safety: all functions are safe to call from many threads.
#ifndef CONTAINERCOLLECTOR_ACCESSORS_H_
#define CONTAINERCOLLECTOR_ACCESSORS_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "containercollector/export.h"
#include "containercollector/types.h"

namespace containercollector {

/// The keys of the kubelet's labels.
inline constexpr std::string_view kPodNamespaceLabel =
    "io.kubernetes.pod.namespace";
inline constexpr std::string_view kPodNameLabel = "io.kubernetes.pod.name";
inline constexpr std::string_view kPodUidLabel = "io.kubernetes.pod.uid";
inline constexpr std::string_view kPodContainerNameLabel =
    "io.kubernetes.container.name";
inline constexpr std::string_view kPodContainerTypeLabel =
    "io.kubernetes.docker.type";

/// Returns the container's name without the leading "/"; empty if it has none.
/// Ignores the names that links add, such as "/other/alias".
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string PrimaryName(
    const Container& container);

/// Returns the value of the label `key`, or std::nullopt if there is none.
/// @code
/// Container container;
/// container.labels.emplace()["app"] = "web";
/// const bool is_web = FindLabel(container, "app") == "web";
/// @endcode
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::optional<std::string> FindLabel(
    const Container& container, std::string_view key);

/// Returns Container::created as a time point. A time outside the clock's range
/// becomes its earliest or latest time.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::chrono::system_clock::time_point
CreationTime(const Container& container);

/// Returns the namespace of the container's pod; empty outside pods.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string PodNamespace(
    const Container& container);

/// Returns the name of the container's pod; empty outside pods.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string PodName(
    const Container& container);

/// Returns the UID of the container's pod; empty outside pods. A pod that is
/// recreated under the same name has a new UID.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string PodUid(
    const Container& container);

/// Returns the container's name in the pod's specification; empty outside pods,
/// "POD" for a sandbox.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string PodContainerName(
    const Container& container);

/// Returns whether the container is a pod's sandbox, which runs the "pause"
/// image and only holds the pod's namespaces.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT bool IsPodSandbox(
    const Container& container);

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_ACCESSORS_H_
