// SPDX-License-Identifier: Apache-2.0

/// Encodes JSON without line breaks, always as valid UTF-8. See also
/// containercollector/json.h.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/list_options.h"
#include "containercollector/types.h"
#include "lib/src/json/text_encoder.h"

namespace containercollector::internal {

/// Appends a text as a JSON string. Each invalid UTF-8 byte becomes U+FFFD.
void AppendJsonString(std::string_view text, std::string& json);

/// Encodes an array of containers, one container at a time.
class ContainerArrayEncoder {
 public:
  /// @param bytes The probable length of the array.
  explicit ContainerArrayEncoder(std::size_t bytes = 0) {
    json_.reserve(bytes);
  }

  void Add(const Container& container);

  /// Drops each container whose ID appears again later. Keeps those without an
  /// ID. Nothing may be added afterwards.
  void KeepLastOfEachId();

  std::size_t count() const noexcept { return begins_.size(); }

  /// Returns the array. Nothing may be added afterwards.
  std::string Take();

 private:
  /// Returns the container's ID as encoded in the JSON.
  std::string_view IdOf(std::size_t index) const;
  /// Returns the indexes of containers whose ID appears again later.
  std::vector<std::size_t> FindReplaced() const;

  std::string json_;
  Encoder encoder_{json_};
  std::vector<std::size_t> begins_;  // Where each container begins in json_.
  std::vector<std::size_t> id_hashes_;
};

/// Returns for example `{"status":{"running":true}}`.
std::string EncodeFilters(const Filters& filters);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_
