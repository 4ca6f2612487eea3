// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/list_filter.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <regex>

#include "containercollector/accessors.h"
#include "containercollector/error.h"
#include "lib/src/failure.h"
#include "lib/src/text.h"

namespace containercollector::internal::cri {
namespace {

constexpr std::array<std::string_view, 9> kSupported{
    "ancestor", "before",  "exited", "id",    "label",
    "name",     "network", "since",  "status"};

/// Docker's states; a CRI runtime has only some of them.
constexpr std::array kStates{kStateCreated,    kStateRunning,  kStatePaused,
                             kStateRestarting, kStateRemoving, kStateExited,
                             kStateDead};

/// libstdc++ needs this flag to match without backtracking. libc++ always
/// backtracks, but throws if that takes too long.
#ifdef __GLIBCXX__
constexpr auto kWithoutBacktracking = std::regex_constants::__polynomial;
#else
constexpr std::regex::flag_type kWithoutBacktracking{};
#endif

[[noreturn]] void Reject(const std::string& begin, std::string_view value,
                         const std::string& end) {
  constexpr std::size_t kShown = 128;
  throw Error(ErrorCode::kRequestRejected,
              begin + Shortened(value, kShown) + end);
}

[[noreturn]] void RejectName(const std::string& text) {
  Reject("Invalid filter 'name=", text,
         "': write parts of names, or regular expressions of at most " +
             std::to_string(kMaxExpressionBytes) +
             R"( bytes together, without "{", "(?", "\b" and "\B".)");
}

template <typename Names>
std::string Joined(const Names& names) {
  std::string text;
  for (const std::string_view name : names)
    text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

std::string_view WithoutPrefix(std::string_view text, std::string_view prefix) {
  return StartsWith(text, prefix) ? text.substr(prefix.size()) : text;
}

/// Returns whether a filter has no values or one of them matches.
template <typename Values, typename Matches>
bool NoneOrAny(const Values& values, const Matches& matches) {
  return values.empty() || std::any_of(values.begin(), values.end(), matches);
}

/// Returns an image's name without "docker.io/library/", and with a tag or
/// digest.
std::string FullNameOf(std::string_view image) {
  image = WithoutPrefix(WithoutPrefix(image, "docker.io/"), "library/");
  const std::string_view last = image.substr(image.rfind('/') + 1);
  const bool has_tag = last.find_first_of(":@") != std::string_view::npos;
  return std::string(image) + (has_tag ? "" : ":latest");
}

/// Returns whether `value` is the beginning of an ID, in the length that Docker
/// shows.
bool IsShortId(std::string_view value, std::string_view id) {
  constexpr std::string_view kAlgorithm = "sha256:";
  constexpr std::size_t kShortest = 12;
  value = WithoutPrefix(value, kAlgorithm);
  if (const auto at = id.find(kAlgorithm); at != std::string_view::npos)
    id.remove_prefix(at + kAlgorithm.size());
  return value.size() >= kShortest && StartsWith(id, value);
}

bool IsAncestor(const std::string& image, const Entry& entry) {
  const Container& container = entry.container;
  if (image == container.image_id || IsShortId(image, container.image_id) ||
      IsShortId(image, entry.image_ref))
    return true;
  for (const std::string& name : {container.image, entry.image_ref})
    if (!name.empty() && FullNameOf(image) == FullNameOf(name)) return true;
  return false;
}

/// Returns whether a label comes from the CRI; MakeEntries() adds the others.
bool IsOfCri(std::string_view key) {
  return !StartsWith(key, kAnnotationPrefix) && key != kPodContainerTypeLabel &&
         key != kPodContainerNameLabel && key != kSandboxIdLabel &&
         key != kLogPathLabel;
}

bool HasLabel(const Container& container, const std::string& label) {
  const std::size_t equals = label.find('=');
  const std::string* const value =
      container.labels->Find(label.substr(0, equals));
  return value != nullptr &&
         (equals == std::string::npos || *value == label.substr(equals + 1));
}

/// Returns whether a value of the filter "name" is found in a text.
NameMatcher SearchFor(const std::string& text, std::size_t& room) {
  std::string_view inner = WithoutPrefix(text, "^");
  if (!inner.empty() && inner.back() == '$') inner.remove_suffix(1);
  if (inner.find_first_of(R"(^$\.*+?()[]{}|)") == std::string::npos) {
    return [text](std::string_view name) {
      // Names have neither "^" nor "$", so these mark the ends of the name.
      std::string marked = "^";
      return marked.append(name).append("$").find(text) != std::string::npos;
    };
  }
  if (text.size() > room) RejectName(text);
  // Without these, an expression has few states.
  for (const char* const costly : {"{", "(?", "\\b", "\\B"})
    if (text.find(costly) != std::string::npos) RejectName(text);
  room -= text.size();
  constexpr auto kFlags =
      std::regex::ECMAScript | std::regex::nosubs | kWithoutBacktracking;
  try {
    // Rejects "a)(b", for example, which is valid within the parentheses below.
    const std::regex must_be_valid(text, kFlags);
    // Matching the whole name is a single pass. Searching starts a new pass at
    // each character.
    return [regex = std::regex("[\\s\\S]*(?:" + text + ")[\\s\\S]*", kFlags)](
               std::string_view name) {
      return std::regex_match(name.begin(), name.end(), regex);
    };
  } catch (const std::regex_error&) {
    return [](std::string_view) { return false; };
  }
}

}  // namespace

NameMatcher MatcherOf(const std::string& text, std::size_t& room) {
  return [text, is_in = SearchFor(text, room)](std::string_view name) {
    const std::string_view rest = name.substr(1);
    if (name == text || rest == text) return true;
    try {
      // Without "^", a match after the slash is also a match in the whole name.
      return is_in(name) ||
             (text.find('^') != std::string::npos && is_in(rest));
    } catch (const std::regex_error&) {
      RejectName(text);
    }
  };
}

ListFilter::ListFilter(const ListOptions& options, const CallLimit& limit)
    : options_(options), limit_(limit) {
  constexpr std::size_t kMaxValues = 256;
  for (const auto& [name, values] : options.filters) {
    if (std::find(kSupported.begin(), kSupported.end(), name) ==
        kSupported.end())
      Reject("Invalid filter '", name,
             "'. The list of a container runtime takes these: " +
                 Joined(kSupported) + ".");
    if (values.size() > kMaxValues)
      Reject("Invalid filter '", name,
             "': it has " + std::to_string(values.size()) +
                 " values. Write at most " + std::to_string(kMaxValues) + ".");
  }
  for (const std::string& state : ValuesOf("status")) {
    if (std::find(kStates.begin(), kStates.end(), state) == kStates.end())
      Reject("Invalid filter 'status=", state,
             "': write one of " + Joined(kStates) + ".");
  }
  for (const std::string& code : ValuesOf("exited"))
    if (!ParseNumber<int>(code))
      Reject("Invalid filter 'exited=", code,
             "': write an exit code, e.g. exited=137.");
  std::size_t room = kMaxExpressionBytes;
  for (const std::string& name : ValuesOf("name"))
    names_.push_back(MatcherOf(name, room));
}

ListRequest ListFilter::Request() const {
  ListRequest request;
  // These two filters search all containers for the one they name.
  if (!ValuesOf("before").empty() || !ValuesOf("since").empty()) return request;
  const auto& states = ValuesOf("status");
  if (states.empty() && !options_.all && options_.limit <= 0)
    request.state = kStateRunning;
  for (const std::string_view state : {kStateRunning, kStateExited})
    if (states.size() == 1 && *states.begin() == state) request.state = state;
  const auto& ids = ValuesOf("id");
  if (ids.size() == 1 && IsHexId(*ids.begin())) request.id = *ids.begin();
  for (const std::string& label : ValuesOf("label")) {
    const std::size_t equals = label.find('=');
    if (equals != std::string::npos && IsOfCri(label.substr(0, equals)))
      request.labels.emplace_back(label.substr(0, equals),
                                  label.substr(equals + 1));
  }
  return request;
}

void ListFilter::DropListed(std::vector<Entry>& entries) const {
  const auto& labels = ValuesOf("label");
  const std::optional<std::set<std::string>> ids = IdsIn(entries);
  KeepBeforeAndSince(entries);
  KeepIf(entries, [&](const Entry& entry) {
    const Container& container = entry.container;
    return (!ids || ids->count(container.id) > 0) &&
           NoneOrAny(names_,
                     [&](const NameMatcher& matches) {
                       return matches(container.names->front());
                     }) &&
           std::all_of(labels.begin(), labels.end(),
                       [&](const std::string& label) {
                         return HasLabel(container, label);
                       }) &&
           MatchesState(container);
  });
}

bool ListFilter::NeedsStatus() const {
  return !ValuesOf("ancestor").empty() || !ValuesOf("exited").empty() ||
         !ValuesOf("network").empty();
}

void ListFilter::DropComplete(std::vector<Entry>& entries) const {
  const auto& codes = ValuesOf("exited");
  const auto& images = ValuesOf("ancestor");
  const auto& networks = ValuesOf("network");
  KeepIf(entries, [&](const Entry& entry) {
    const Container& container = entry.container;
    return MatchesState(container) &&
           NoneOrAny(codes,
                     [&](const std::string& code) {
                       return entry.exit_code == ParseNumber<int>(code);
                     }) &&
           NoneOrAny(images,
                     [&](const std::string& image) {
                       return IsAncestor(image, entry);
                     }) &&
           NoneOrAny(networks, [&](const std::string& network) {
             return network == container.host_config.network_mode;
           });
  });
}

std::size_t ListFilter::max_entries() const {
  return options_.limit > 0 ? static_cast<std::size_t>(options_.limit)
                            : std::numeric_limits<std::size_t>::max();
}

const Filters::Values& ListFilter::ValuesOf(std::string_view name) const {
  static const Filters::Values none;
  for (const auto& [filter, values] : options_.filters)
    if (filter == name) return values;
  return none;
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

/// Returns the IDs that the filter "id" finds; std::nullopt if it is absent.
std::optional<std::set<std::string>> ListFilter::IdsIn(
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
      const bool is_whole = entry.container.id == prefix;
      count = is_whole ? 1 : count + 1;
      if (is_whole) break;
    }
    if (count == 1) ids.insert(found->container.id);
  }
  return ids;
}

/// Keeps the entries older than those that the filter "before" names, and newer
/// than those that "since" names.
void ListFilter::KeepBeforeAndSince(std::vector<Entry>& entries) const {
  const auto index_of = [&](const std::string& id_or_name) {
    limit_.Check("filtering the list");
    const std::string_view name = WithoutPrefix(id_or_name, "/");
    const auto entry =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& other) {
          const Container& container = other.container;
          return container.id == id_or_name ||
                 container.names->front().compare(1, std::string::npos, name) ==
                     0;
        });
    if (entry == entries.end()) Reject("No such container: ", id_or_name, "");
    return entry - entries.begin();
  };
  std::ptrdiff_t begin = 0;
  auto end = static_cast<std::ptrdiff_t>(entries.size());
  for (const std::string& newer : ValuesOf("before"))
    begin = std::max(begin, index_of(newer) + 1);
  for (const std::string& older : ValuesOf("since"))
    end = std::min(end, index_of(older));
  entries.erase(entries.begin() + std::max(begin, end), entries.end());
  entries.erase(entries.begin(), entries.begin() + begin);
}

bool ListFilter::MatchesState(const Container& container) const {
  const auto& states = ValuesOf("status");
  if (!states.empty()) return states.find(container.state) != states.end();
  return options_.all || options_.limit > 0 || container.state == kStateRunning;
}

}  // namespace containercollector::internal::cri
