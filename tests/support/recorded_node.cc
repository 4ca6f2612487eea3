// SPDX-License-Identifier: Apache-2.0

#include "tests/support/recorded_node.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "containercollector/json.h"
#include "containercollector/list_options.h"
#include "lib/src/cri/list_filter.h"
#include "lib/src/http/call_limit.h"

namespace containercollector::test {
namespace {

using internal::CallLimit;
using internal::cri::Entry;
using internal::cri::ListFilter;

constexpr std::chrono::seconds kFilterTime{10};

constexpr std::string_view kAll = "all=1";

std::optional<std::int32_t> ExitCodeIn(const std::string& status) {
  constexpr std::string_view kBefore = "Exited (";
  if (status.rfind(kBefore, 0) != 0) return std::nullopt;
  std::int32_t code = 0;
  std::from_chars(status.data() + kBefore.size(), status.data() + status.size(),
                  code);
  return code;
}

/// Returns what the filters look at.
Entry MakeEntry(Container container) {
  // The filters need labels and a name. The first name is to be its own one: a
  // link's has another slash.
  if (!container.labels) container.labels.emplace();
  if (!container.names || container.names->empty()) container.names = {"/"};
  std::stable_partition(
      container.names->begin(), container.names->end(),
      [](const std::string& name) { return name.rfind('/') == 0; });
  Entry entry;
  entry.exit_code = ExitCodeIn(container.status);
  entry.container = std::move(container);
  return entry;
}

ListOptions ParseQuery(std::string_view query) {
  // Docker's default. The first value counts.
  ListOptions options = ParseListOptions(std::string(query) + "&all=0");
  const auto& filters = options.filters;
  const bool filters_states =
      std::any_of(filters.begin(), filters.end(),
                  [](const auto& filter) { return filter.first == "status"; });
  if (options.all || options.limit > 0 || filters_states) return options;
  // These run too for Docker, unlike for the CRI.
  for (const std::string_view state :
       {kStateRunning, kStatePaused, kStateRestarting}) {
    options.filters.Add("status", std::string(state));
  }
  return options;
}

}  // namespace

RecordedNode::RecordedNode(const std::string& containers_json) {
  auto containers = DecodeContainers(containers_json);
  if (!containers) containers.emplace();
  std::transform(std::make_move_iterator(containers->begin()),
                 std::make_move_iterator(containers->end()),
                 std::back_inserter(entries_), MakeEntry);
  all_ = List(kAll);
}

std::string RecordedNode::operator()(std::string_view query) const {
  return query == kAll ? all_ : List(query);
}

std::string RecordedNode::List(std::string_view query) const {
  const ListOptions options = ParseQuery(query);
  const CallLimit limit = CallLimit::Of({}, kFilterTime);
  const ListFilter filter(options, limit);
  std::vector<Entry> entries = entries_;
  filter.DropListed(entries);
  filter.DropComplete(entries);
  entries.resize(std::min(entries.size(), filter.max_entries()));
  std::vector<Container> containers;
  for (Entry& entry : entries) {
    if (!options.size)
      entry.container.size_rw = entry.container.size_root_fs = 0;
    containers.push_back(std::move(entry.container));
  }
  return EncodeContainers(containers) + "\n";
}

}  // namespace containercollector::test
