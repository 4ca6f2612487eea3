// SPDX-License-Identifier: Apache-2.0

/// @file
/// The JSON of the Docker API, decoded and encoded as Go's encoding/json does
/// for the types of moby v19.03.15.
///
/// Field order of the structs, omitempty, null and empty kept apart, maps
/// sorted by key, unknown fields dropped. Invalid UTF-8 becomes U+FFFD, one for
/// each bad byte, and so does half a surrogate pair. A key of a struct matches
/// in any case; the last one wins. Thread-safe.
#ifndef CONTAINERCOLLECTOR_JSON_H_
#define CONTAINERCOLLECTOR_JSON_H_

#include <optional>
#include <string>
#include <vector>

#include "containercollector/export.h"
#include "containercollector/types.h"

namespace containercollector {

/// Decodes the response of `GET /containers/json`. The text is parsed in place:
/// move it in if it is no longer needed. Values may be nested 10,000 deep, as
/// in Go. Unlike in Go, a text that holds so many almost empty structs that
/// they take over 12 times its size, and over 1 MiB, is malformed.
/// @return The containers; std::nullopt for `null`, Go's nil slice.
/// @throws Error kResponseMalformed, with a text that names the place, for
/// example "[3].Ports[0].PrivatePort: …".
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::optional<std::vector<Container>>
DecodeContainers(std::string json);

/// Decodes as DecodeContainers() does, but one container at a time, so that the
/// memory does not grow with their number.
/// @return False for `null`, Go's nil slice.
/// @throws Error kResponseMalformed, possibly after some containers were
/// visited, and what `visitor` throws.
CONTAINERCOLLECTOR_EXPORT bool ForEachContainer(
    std::string json, const ContainerVisitor& visitor);

/// Returns the containers as a JSON array, always valid UTF-8, without line
/// breaks.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string EncodeContainers(
    const std::vector<Container>& containers);

/// Returns the same; `null` for std::nullopt. A template, so that
/// `EncodeContainers({})` means no containers.
template <typename Containers>
[[nodiscard]] std::string EncodeContainers(
    const std::optional<Containers>& containers) {
  return containers ? EncodeContainers(*containers) : "null";
}

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_JSON_H_
