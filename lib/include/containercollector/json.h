// SPDX-License-Identifier: Apache-2.0

/// @file
/// The JSON of the Docker API, decoded and encoded as Go's encoding/json does
/// for the types of moby v19.03.15.
///
/// Struct field order, omitempty and the difference between null and empty are
/// kept. Maps are sorted by key. Unknown fields are dropped. Each invalid UTF-8
/// byte and each lone surrogate becomes U+FFFD. A struct's keys match
/// regardless of case, and the last value of a repeated key wins. Thread-safe.
#ifndef CONTAINERCOLLECTOR_JSON_H_
#define CONTAINERCOLLECTOR_JSON_H_

#include <optional>
#include <string>
#include <vector>

#include "containercollector/export.h"
#include "containercollector/types.h"

namespace containercollector {

/// Decodes the response to `GET /containers/json`. Parses the text in place: if
/// you no longer need it, move it in. Values may be nested 10,000 deep, as in
/// Go. Unlike in Go, a text is malformed if its nearly empty structs decode to
/// more than 1 MiB and more than 12 times its size.
/// @return The containers; std::nullopt for `null`, Go's nil slice.
/// @throws Error kResponseMalformed; the text names the place, for example
/// "[3].Ports[0].PrivatePort: …".
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::optional<std::vector<Container>>
DecodeContainers(std::string json);

/// Decodes one container at a time, which keeps memory use independent of their
/// number. Otherwise the same as DecodeContainers().
/// @return False for `null`, Go's nil slice.
/// @throws Error kResponseMalformed, possibly after some containers were
/// visited, and whatever `visitor` throws.
CONTAINERCOLLECTOR_EXPORT bool ForEachContainer(
    std::string json, const ContainerVisitor& visitor);

/// Returns the containers as a JSON array without line breaks. The result is
/// always valid UTF-8.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string EncodeContainers(
    const std::vector<Container>& containers);

/// As above; returns `null` for std::nullopt. A template, so that
/// `EncodeContainers({})` means an empty list.
template <typename Containers>
[[nodiscard]] std::string EncodeContainers(
    const std::optional<Containers>& containers) {
  return containers ? EncodeContainers(*containers) : "null";
}

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_JSON_H_
