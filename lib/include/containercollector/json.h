// SPDX-License-Identifier: Apache-2.0

/// @file
/// The JSON of the Docker API, read and written as Go's encoding/json does for
/// the types of moby v19.03.15.
///
/// Field order of the structs, omitempty, null and empty kept apart, maps
/// sorted by key, unknown fields left out. Invalid UTF-8 becomes U+FFFD, one
/// for each bad byte. Unlike Go, keys must match exactly. The functions share
/// nothing and may be called from many threads at once.
#ifndef CONTAINERCOLLECTOR_JSON_H_
#define CONTAINERCOLLECTOR_JSON_H_

#include <optional>
#include <string>
#include <vector>

#include "containercollector/export.h"
#include "containercollector/types.h"

namespace containercollector {

/// Reads the answer of `GET /containers/json`. The text is parsed in place:
/// move it in where it is no longer needed. Values may be nested 10,000 deep,
/// as in Go; that many need 2 MiB of stack.
/// @return The containers; std::nullopt for `null`, Go's nil slice.
/// @throws Error kResponseMalformed, with a text that names the place, e.g.
/// "[3].Ports[0].PrivatePort: …".
CONTAINERCOLLECTOR_EXPORT std::optional<std::vector<Container>>
DecodeContainers(std::string json);

/// Writes containers as a JSON array, always valid UTF-8, without line breaks.
CONTAINERCOLLECTOR_EXPORT std::string EncodeContainers(
    const std::vector<Container>& containers);

/// The same; `null` for std::nullopt.
CONTAINERCOLLECTOR_EXPORT std::string EncodeContainers(
    const std::optional<std::vector<Container>>& containers);

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_JSON_H_
