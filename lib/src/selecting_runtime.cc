// SPDX-License-Identifier: Apache-2.0
#include "lib/src/selecting_runtime.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "containercollector/accessors.h"
#include "containercollector/error.h"
#include "lib/src/endpoint.h"
#include "lib/src/failure.h"
#include "lib/src/text.h"

namespace containercollector::internal {
namespace {

using std::chrono::steady_clock;

/// std::nullopt if the socket does not exist.
using Socket = std::optional<FileIdentity>;

/// Without a socket file, only a call shows whether something listens, so the
/// socket always counts as existing.
Socket SocketOf(const RuntimeCandidate& candidate) {
  const std::string& path = candidate.socket_path;
  return StartsWith(path, "/") ? IdentityOf(path) : FileIdentity();
}

/// Returns whether the error means that nothing listens there for this user.
bool Refuses(const Error& error) {
  return error.code() == ErrorCode::kPermissionDenied ||
         (error.code() == ErrorCode::kCannotConnect &&
          dynamic_cast<const FullQueueError*>(&error) == nullptr);
}

/// Returns whether the kubelet created the container. Some of these labels do
/// not prove it, because CriClient itself adds them to every container.
bool IsOfPod(const Container& container) {
  const auto is_kubelets = [](const auto& label) {
    const auto& [key, value] = label;
    return StartsWith(key, "io.kubernetes.") && key != kPodContainerTypeLabel &&
           key != "io.kubernetes.sandbox.id" &&
           (key != kPodContainerNameLabel || value != "POD");
  };
  return container.labels && std::any_of(container.labels->begin(),
                                         container.labels->end(), is_kubelets);
}

/// Returns the text of an error with a full stop; a daemon's text has none.
std::string Sentence(const Error& error) {
  std::string text = error.what();
  const char last = text.empty() ? '\0' : text.back();
  if (last != '.' && last != '?' && last != '!') text += '.';
  return text;
}

/// The list of one candidate, held back until that candidate is chosen.
struct Listing {
  const RuntimeCandidate* candidate;
  const ContainerVisitor* visitor;
  const CallOptions* call;  ///< The caller's.
  bool open = false;        ///< Whether the candidate is chosen.
  bool any = false;         ///< Whether it lists any container.
  bool pods = false;        ///< Whether it lists a pod's container.
  std::vector<Container> held = {};
  std::vector<Error> incomplete = {};

  /// Passes on what was held back, and everything that follows.
  void Open() {
    open = true;
    for (const Error& error : std::exchange(incomplete, {}))
      call->on_incomplete(error);
    for (Container& container : std::exchange(held, {})) (*visitor)(container);
  }

  /// Queries the list. Calls Open() at the first container of a pod.
  /// @param limited The caller's options with another deadline.
  /// @param only_running Whether to ignore the stopped containers of pods.
  void Query(const ListOptions& options, CallOptions limited,
             bool only_running) {
    if (call->on_incomplete) {
      limited.on_incomplete = [&](const Error& error) {
        if (open) return call->on_incomplete(error);
        incomplete.push_back(error);
      };
    }
    const auto visit = [&](Container& container) {
      any = true;
      const bool of_pod = (!pods || !open) && IsOfPod(container);
      pods = pods || of_pod;
      if (open) return (*visitor)(container);
      const bool counts =
          of_pod && (!only_running || container.state == kStateRunning);
      held.push_back(std::move(container));
      if (counts) Open();
    };
    candidate->runtime->ForEachContainer(options, visit, limited);
  }
};

/// The chosen runtime, and why it was chosen. Immutable.
struct Chosen {
  const RuntimeCandidate* candidate = nullptr;
  bool lists_pods = false;
  std::string reason;
  std::vector<Socket> sockets;  ///< Of all candidates, before the queries.
};

/// Queries candidates until one can be chosen.
struct Selection {
  const Chosen& last;
  const ContainerVisitor& visitor;
  const CallOptions& call;
  const steady_clock::time_point deadline;  ///< Of all calls together.
  bool asked = false;
  std::vector<Listing> listings = {};             ///< Of those that respond.
  std::deque<const RuntimeCandidate*> slow = {};  ///< To be queried again.
  std::optional<Error> sick = {};  ///< From the first that hangs or fails.
  std::optional<Error> lost = {};  ///< From the last choice, if it ran pods.
  std::vector<Error> errors = {};  ///< From those that were ruled out.

  /// Returns the list of the choice, or null if no candidate responds.
  /// @throws Error The error of the previously chosen runtime, or that of a
  /// runtime that hangs or fails, if it may be the one that runs the pods.
  Listing* Choose(const std::vector<const RuntimeCandidate*>& candidates) {
    for (const RuntimeCandidate* candidate : candidates)
      if (Ask(*candidate, candidate == last.candidate)) return &listings.back();
    while (!slow.empty()) {
      const RuntimeCandidate* const candidate = slow.front();
      slow.pop_front();
      if (Ask(*candidate, true)) return &listings.back();
    }
    if (sick) throw WithOthers(*sick);
    const auto best =
        std::min_element(listings.begin(), listings.end(),
                         [](const Listing& a, const Listing& b) {
                           return std::tuple(!a.pods, !a.any, a.candidate) <
                                  std::tuple(!b.pods, !b.any, b.candidate);
                         });
    if (best == listings.end()) return nullptr;
    // It ran the pods a moment ago, so an empty list would look like success.
    if (lost && !best->any) throw WithOthers(*lost);
    return &*best;
  }

  /// Returns why this choice was made among several candidates; empty if no
  /// other responds and it lists no Kubernetes containers.
  std::string ReasonOf(const Listing& choice) const {
    if (choice.pods) return "it lists Kubernetes containers";
    if (listings.size() < 2) return "";
    return choice.any
               ? "it is the first that lists containers, and none lists "
                 "Kubernetes containers"
               : "it is the first that responds, and none lists containers";
  }

  /// Returns whether to choose the candidate, whatever others list.
  /// @param patient Whether it gets all the remaining time.
  bool Ask(const RuntimeCandidate& candidate, bool patient) {
    const bool others_may_run_pods = sick || !slow.empty();
    const bool is_first = std::exchange(asked, true);
    Listing listing{&candidate, &visitor, &call};
    try {
      // With the client's own limit, the error names a round number.
      listing.Query({}, patient && is_first ? call : Limited(patient),
                    others_may_run_pods);
      listings.push_back(std::move(listing));
      return listings.back().open;
    } catch (const Error& error) {
      const ErrorCode code = error.code();
      if (listing.open || code == ErrorCode::kCancelled ||
          code == ErrorCode::kInternal)
        throw;
      const bool refuses = Refuses(error);
      if (&candidate == last.candidate) {
        if (!refuses) throw;
        if (last.lists_pods) lost = error;
      }
      if (code == ErrorCode::kTimeout && !patient) {
        slow.push_back(&candidate);
      } else if (refuses || !Responds(candidate, code)) {
        errors.push_back(error);
      } else if (!sick) {
        sick = error;
      }
      return false;
    }
  }

  /// Returns whether the candidate speaks its protocol, or may do so once it no
  /// longer hangs.
  bool Responds(const RuntimeCandidate& candidate, ErrorCode code) const {
    if (code == ErrorCode::kTlsFailed) return false;
    if (code == ErrorCode::kTimeout || code == ErrorCode::kCannotConnect)
      return true;
    try {
      (void)candidate.runtime->Ping(Limited(false));
      return true;
    } catch (const Error& ping_error) {
      if (ping_error.code() == ErrorCode::kCancelled) throw;
      return ping_error.code() == ErrorCode::kTimeout;
    }
  }

  /// Returns the options for a call that gets all the remaining time, or a
  /// share of it because others remain.
  CallOptions Limited(bool patient) const {
    constexpr int kShare = 4;
    CallOptions limited = call;
    const auto now = steady_clock::now();
    limited.deadline = patient ? deadline : now + (deadline - now) / kShare;
    return limited;
  }

  /// Returns the error, with the runtimes that respond but were not chosen.
  Error WithOthers(const Error& error) const {
    if (listings.empty()) return error;
    std::string text;
    for (const Listing& listing : listings)
      text.append(text.empty() ? "" : ", ")
          .append(listing.candidate->runtime->endpoint());
    return {error.code(),
            Sentence(error) +
                " Others respond, but list no running Kubernetes containers: " +
                text + ".",
            error.http_status()};
  }
};

class SelectingRuntime final : public ContainerRuntime {
 public:
  SelectingRuntime(std::vector<RuntimeCandidate> candidates,
                   std::chrono::nanoseconds timeout)
      : candidates_(std::move(candidates)), timeout_(timeout) {}

  /// Returns the endpoint of the chosen runtime; empty before the first choice.
  const std::string& endpoint() const noexcept override {
    static const std::string none;
    const auto last = Last();
    return last->candidate != nullptr ? last->candidate->runtime->endpoint()
                                      : none;
  }

  RuntimeChoice Choice() const override {
    const auto last = Last();
    if (last->candidate == nullptr) return {};
    RuntimeChoice choice = last->candidate->runtime->Choice();
    choice.reason = last->reason;
    return choice;
  }

 private:
  void DoForEachContainer(const ListOptions& options,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override {
    const auto end = steady_clock::now() + timeout_;
    const auto last = Last();
    std::vector<Socket> sockets;
    for (const RuntimeCandidate& candidate : candidates_)
      sockets.push_back(SocketOf(candidate));
    // Whether no candidate but the chosen one has a new socket.
    bool holds = last->candidate != nullptr;
    std::vector<const RuntimeCandidate*> to_ask;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      const bool is_last = &candidates_[i] == last->candidate;
      if (!is_last && sockets[i] && holds)
        holds = sockets[i] == last->sockets[i];
      if (sockets[i] || (is_last && last->lists_pods))
        to_ask.push_back(&candidates_[i]);
    }
    const auto first = std::find(to_ask.begin(), to_ask.end(), last->candidate);
    if (holds && first != to_ask.end())
      std::rotate(to_ask.begin(), first, first + 1);
    // A narrowed list does not show whether the choice still holds.
    const bool narrowed = options != ListOptions{};
    const bool is_only = to_ask.size() == 1;
    if (is_only || (narrowed && last->lists_pods && holds)) {
      Listing listing{to_ask.front(), &visitor, &call, /*open=*/true};
      const bool knew_pods =
          last->candidate == listing.candidate && last->lists_pods;
      try {
        listing.Query(options, call, false);
        if (is_only)
          Save({listing.candidate, listing.pods || (narrowed && knew_pods), "",
                std::move(sockets)});
        return;
      } catch (const Error& error) {
        if (listing.any || !Refuses(error)) throw;
        if (is_only) throw NoRuntime({error}, sockets);
      }
    }
    CallOptions rest = call;
    rest.deadline = std::min(call.deadline.value_or(end), end);
    CallOptions silent = call;
    silent.on_incomplete = nullptr;
    const ContainerVisitor ignore = [](Container& /*container*/) {};
    Selection selection{*last, narrowed ? ignore : visitor,
                        narrowed ? silent : call, *rest.deadline};
    Listing* const choice = selection.Choose(to_ask);
    if (choice == nullptr) throw NoRuntime(selection.errors, sockets);
    const RuntimeCandidate& chosen = *choice->candidate;
    Save({&chosen, choice->pods, selection.ReasonOf(*choice),
          std::move(sockets)});
    if (!choice->open) choice->Open();
    if (narrowed) chosen.runtime->ForEachContainer(options, visitor, rest);
  }

  PingResult DoPing(const CallOptions& call) const override {
    DoForEachContainer({}, [](Container& /*container*/) {}, call);
    return Last()->candidate->runtime->Ping(call);
  }

  std::shared_ptr<const Chosen> Last() const {
    const std::lock_guard lock(mutex_);
    return chosen_;
  }

  void Save(Chosen chosen) const {
    auto saved = std::make_shared<const Chosen>(std::move(chosen));
    const std::lock_guard lock(mutex_);
    chosen_.swap(saved);
  }

  /// Returns the error that says why no runtime can be chosen.
  /// @param errors The errors of the candidates that were queried.
  Error NoRuntime(const std::vector<Error>& errors,
                  const std::vector<Socket>& sockets) const {
    std::string text = "Cannot find a container runtime.";
    for (const Error& error : errors) text.append(" ").append(Sentence(error));
    std::string missing;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      if (sockets[i]) continue;
      missing += missing.empty() ? " These sockets do not exist: " : ", ";
      missing += candidates_[i].runtime->endpoint();
    }
    if (!missing.empty()) missing += ".";
    return {
        errors.size() == 1 ? errors.front().code() : ErrorCode::kCannotConnect,
        text + missing +
            " Is a container runtime running? If it listens elsewhere, name "
            "its endpoint."};
  }

  const std::vector<RuntimeCandidate> candidates_;
  const std::chrono::nanoseconds timeout_;
  mutable std::mutex mutex_;
  /// Guarded by mutex_. Never null.
  mutable std::shared_ptr<const Chosen> chosen_ =
      std::make_shared<const Chosen>();
};

}  // namespace

std::unique_ptr<ContainerRuntime> MakeSelectingRuntime(
    std::vector<RuntimeCandidate> candidates,
    std::chrono::nanoseconds timeout) {
  return std::make_unique<SelectingRuntime>(std::move(candidates), timeout);
}

}  // namespace containercollector::internal
