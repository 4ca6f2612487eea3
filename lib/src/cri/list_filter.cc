// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/list_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <utility>

#include "containercollector/accessors.h"
#include "containercollector/error.h"
#include "lib/src/failure.h"

namespace containercollector::internal::cri {
namespace {

constexpr std::array<std::string_view, 9> kSupported{
    "ancestor", "before",  "exited", "id",    "label",
    "name",     "network", "since",  "status"};

/// Docker's states; a CRI runtime has only some of them.
constexpr std::array kStates{kStateCreated,    kStateRunning,  kStatePaused,
                             kStateRestarting, kStateRemoving, kStateExited,
                             kStateDead};

/// Returns the part of a value that error texts show.
std::string Shown(std::string_view value) {
  constexpr std::size_t kMaxBytes = 128;
  return Shortened(value, kMaxBytes);
}

[[noreturn]] void Reject(const std::string& text) {
  throw Error(ErrorCode::kRequestRejected, text);
}

template <typename Names>
std::string Joined(const Names& names) {
  std::string text;
  for (const std::string_view name : names)
    text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

int ParseExitCode(const std::string& value) {
  int code = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), code);
  if (error != std::errc() || end != value.data() + value.size())
    Reject("Invalid filter 'exited=" + Shown(value) +
           "': write an exit code, e.g. exited=137.");
  return code;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// Returns an image's name without "docker.io/library/", and with a tag or
/// digest.
std::string FullNameOf(std::string_view image) {
  for (const std::string_view prefix : {"docker.io/", "library/"})
    if (StartsWith(image, prefix)) image.remove_prefix(prefix.size());
  std::string name(image);
  const std::string_view last = image.substr(image.rfind('/') + 1);
  if (last.find_first_of(":@") == std::string_view::npos) name += ":latest";
  return name;
}

/// Returns whether `value` is the beginning of an ID, in the length that Docker
/// shows.
bool IsShortId(std::string_view value, std::string_view id) {
  constexpr std::string_view kAlgorithm = "sha256:";
  constexpr std::size_t kShortest = 12;
  if (StartsWith(value, kAlgorithm)) value.remove_prefix(kAlgorithm.size());
  if (const auto at = id.find(kAlgorithm); at != std::string_view::npos)
    id.remove_prefix(at + kAlgorithm.size());
  return value.size() >= kShortest && StartsWith(id, value);
}

bool IsWholeId(std::string_view value) {
  constexpr std::size_t kDigits = 64;
  return value.size() == kDigits &&
         value.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Returns whether a label comes from the CRI; MakeEntries() adds the others.
bool IsOfCri(std::string_view key) {
  return !StartsWith(key, "annotation.") && key != kPodContainerTypeLabel &&
         key != kPodContainerNameLabel && key != "io.kubernetes.sandbox.id" &&
         key != "io.kubernetes.container.logpath";
}

}  // namespace

ListFilter::ListFilter(const ListOptions& options, const CallLimit& limit)
    : options_(options), limit_(limit) {
  constexpr std::size_t kMaxValues = 256;
  for (const auto& [name, values] : options.filters) {
    if (std::find(kSupported.begin(), kSupported.end(), name) ==
        kSupported.end())
      Reject("Invalid filter '" + Shown(name) +
             "'. The list of a container runtime takes these: " +
             Joined(kSupported) + ".");
    if (values.size() > kMaxValues)
      Reject("Invalid filter '" + name + "': it has " +
             std::to_string(values.size()) + " values. Write at most " +
             std::to_string(kMaxValues) + ".");
  }
  for (const std::string& state : ValuesOf("status")) {
    if (std::find(kStates.begin(), kStates.end(), state) == kStates.end())
      Reject("Invalid filter 'status=" + Shown(state) + "': write one of " +
             Joined(kStates) + ".");
  }
  for (const std::string& code : ValuesOf("exited"))
    exit_codes_.push_back(ParseExitCode(code));
  std::size_t room = NamePattern::kMaxBytes;
  for (const std::string& name : ValuesOf("name"))
    names_.emplace_back(name, room);
}

void ListFilter::DropListed(std::vector<Entry>& entries) const {
  const std::optional<std::set<std::string>> ids = IdsThatMatch(entries);
  ApplyBeforeAndSince(entries);
  KeepIf(entries, [&](const Entry& entry) {
    const Container& container = entry.container;
    return (!ids || ids->count(container.id) > 0) && MatchesName(container) &&
           MatchesLabels(container) && MatchesState(container);
  });
}

bool ListFilter::NeedsStatus() const {
  return !exit_codes_.empty() || !ValuesOf("ancestor").empty() ||
         !ValuesOf("network").empty();
}

void ListFilter::DropComplete(std::vector<Entry>& entries) const {
  KeepIf(entries, [&](const Entry& entry) {
    return MatchesState(entry.container) && MatchesExitCode(entry) &&
           MatchesAncestor(entry) && MatchesNetwork(entry.container);
  });
}

std::size_t ListFilter::max_entries() const {
  return options_.limit > 0 ? static_cast<std::size_t>(options_.limit)
                            : std::numeric_limits<std::size_t>::max();
}

ListRequest ListFilter::Request() const {
  ListRequest request;
  // These two filters search all containers for the one they name.
  if (!ValuesOf("before").empty() || !ValuesOf("since").empty()) return request;
  const auto& states = ValuesOf("status");
  const bool only_running =
      states.empty() ? !options_.all && options_.limit <= 0
                     : states.size() == 1 && *states.begin() == kStateRunning;
  if (only_running) request.state = ContainerState::kRunning;
  if (states.size() == 1 && *states.begin() == kStateExited)
    request.state = ContainerState::kExited;
  const auto& ids = ValuesOf("id");
  if (ids.size() == 1 && IsWholeId(*ids.begin())) request.id = *ids.begin();
  for (const std::string& label : ValuesOf("label")) {
    const std::size_t equals = label.find('=');
    if (equals != std::string::npos && IsOfCri(label.substr(0, equals)))
      request.labels.emplace_back(label.substr(0, equals),
                                  label.substr(equals + 1));
  }
  return request;
}

/// Keeps the entries for which `keep` returns true. Checks the deadline each
/// time, because the caller determines how expensive the filters are.
template <typename Keep>
void ListFilter::KeepIf(std::vector<Entry>& entries, const Keep& keep) const {
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [&](const Entry& entry) {
                                 limit_.Check("filtering the list");
                                 return !keep(entry);
                               }),
                entries.end());
}

const Filters::Values& ListFilter::ValuesOf(std::string_view name) const {
  static const Filters::Values none;
  const auto filter =
      std::find_if(options_.filters.begin(), options_.filters.end(),
                   [&](const auto& entry) { return entry.first == name; });
  return filter != options_.filters.end() ? filter->second : none;
}

std::optional<std::set<std::string>> ListFilter::IdsThatMatch(
    const std::vector<Entry>& entries) const {
  const auto& prefixes = ValuesOf("id");
  if (prefixes.empty()) return std::nullopt;
  std::set<std::string> ids;
  for (const std::string& prefix : prefixes) {
    limit_.Check("filtering the list");
    // As in Docker, an ambiguous prefix matches nothing.
    const Entry* found = nullptr;
    int count = 0;
    for (const Entry& entry : entries) {
      if (!StartsWith(entry.container.id, prefix)) continue;
      found = &entry;
      ++count;
      if (entry.container.id == prefix) {
        count = 1;
        break;
      }
    }
    if (count == 1) ids.insert(found->container.id);
  }
  return ids;
}

std::size_t ListFilter::IndexOf(const std::string& id_or_name,
                                const std::vector<Entry>& entries) const {
  limit_.Check("filtering the list");
  const auto without_slash = [](std::string_view name) {
    if (StartsWith(name, "/")) name.remove_prefix(1);
    return name;
  };
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& other) {
        return other.container.id == id_or_name ||
               without_slash(other.container.names->front()) ==
                   without_slash(id_or_name);
      });
  if (entry == entries.end()) Reject("No such container: " + Shown(id_or_name));
  return static_cast<std::size_t>(std::distance(entries.begin(), entry));
}

void ListFilter::ApplyBeforeAndSince(std::vector<Entry>& entries) const {
  std::size_t begin = 0;
  std::size_t end = entries.size();
  for (const std::string& newer : ValuesOf("before"))
    begin = std::max(begin, IndexOf(newer, entries) + 1);
  for (const std::string& older : ValuesOf("since"))
    end = std::min(end, IndexOf(older, entries));
  const auto at = [&](std::size_t index) {
    return entries.begin() + static_cast<std::ptrdiff_t>(index);
  };
  entries.erase(at(std::max(begin, end)), entries.end());
  entries.erase(entries.begin(), at(begin));
}

bool ListFilter::MatchesState(const Container& container) const {
  const auto& states = ValuesOf("status");
  if (!states.empty()) return states.find(container.state) != states.end();
  return options_.all || options_.limit > 0 || container.state == kStateRunning;
}

bool ListFilter::MatchesName(const Container& container) const {
  const std::string& name = container.names->front();
  return names_.empty() || std::any_of(names_.begin(), names_.end(),
                                       [&](const NamePattern& pattern) {
                                         return pattern.Matches(name);
                                       });
}

bool ListFilter::MatchesLabels(const Container& container) const {
  const auto& labels = ValuesOf("label");
  return std::all_of(
      labels.begin(), labels.end(), [&](const std::string& label) {
        const std::size_t equals = label.find('=');
        const std::string* const value =
            container.labels->Find(label.substr(0, equals));
        return value != nullptr && (equals == std::string::npos ||
                                    *value == label.substr(equals + 1));
      });
}

bool ListFilter::MatchesExitCode(const Entry& entry) const {
  return exit_codes_.empty() ||
         (entry.exit_code && std::count(exit_codes_.begin(), exit_codes_.end(),
                                        *entry.exit_code) > 0);
}

bool ListFilter::MatchesAncestor(const Entry& entry) const {
  const auto& images = ValuesOf("ancestor");
  const Container& container = entry.container;
  const auto is_name = [](const std::string& image, const std::string& name) {
    return !name.empty() && FullNameOf(image) == FullNameOf(name);
  };
  return images.empty() ||
         std::any_of(images.begin(), images.end(),
                     [&](const std::string& image) {
                       return image == container.image_id ||
                              IsShortId(image, container.image_id) ||
                              IsShortId(image, entry.image_ref) ||
                              is_name(image, container.image) ||
                              is_name(image, entry.image_ref);
                     });
}

bool ListFilter::MatchesNetwork(const Container& container) const {
  const auto& networks = ValuesOf("network");
  return networks.empty() ||
         networks.find(container.host_config.network_mode) != networks.end();
}

}  // namespace containercollector::internal::cri
