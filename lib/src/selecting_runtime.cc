// SPDX-License-Identifier: Apache-2.0
#include "lib/src/selecting_runtime.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "containercollector/error.h"

namespace containercollector::internal {
namespace {

using std::chrono::steady_clock;

/// A candidate gets this fraction of the remaining time if others remain.
constexpr int kShare = 4;

/// Returns the text of an error with a full stop; a daemon's text has none.
std::string Sentence(const Error& error) {
  std::string text = error.what();
  const char last = text.empty() ? '\0' : text.back();
  if (last != '.' && last != '?' && last != '!') text += '.';
  return text;
}

}  // namespace

/// Queries candidates until one can be chosen.
class SelectingRuntime::Selection {
 public:
  /// @param deadline The deadline of all calls together.
  Selection(const Chosen& last, const ContainerVisitor* visitor,
            const CallOptions& call, steady_clock::time_point deadline)
      : last_(last), visitor_(visitor), call_(call), deadline_(deadline) {}

  /// Returns the choice, or null if no candidate responds.
  /// @throws Error The error of the previously chosen runtime, or that of a
  /// runtime that hangs or fails, if it may be the one that runs the pods.
  const RuntimeCandidate* Choose(
      const std::vector<const RuntimeCandidate*>& candidates) {
    for (const RuntimeCandidate* candidate : candidates) {
      if (Ask(*candidate, candidate == last_.candidate)) return candidate;
    }
    while (!slow_.empty()) {
      const RuntimeCandidate* const candidate = slow_.front();
      slow_.erase(slow_.begin());
      if (Ask(*candidate, true)) return candidate;
    }
    if (sick_) throw WithOthers(*sick_);
    const auto better = [](const CandidateList& a, const CandidateList& b) {
      return std::make_tuple(!a.pods(), !a.any(), &a.candidate()) <
             std::make_tuple(!b.pods(), !b.any(), &b.candidate());
    };
    const auto best =
        std::min_element(listings_.begin(), listings_.end(), better);
    if (best == listings_.end()) return nullptr;
    // It ran the pods a moment ago, so an empty list would look like success.
    if (lost_ && !best->any()) throw WithOthers(*lost_);
    std::iter_swap(listings_.begin(), best);
    return &listings_.front().candidate();
  }

  /// Returns whether the choice lists Kubernetes containers.
  bool lists_pods() const { return listings_.front().pods(); }

  /// Returns why it was chosen among several candidates; empty if no other
  /// responds and it lists no Kubernetes containers.
  std::string Reason() const {
    if (lists_pods()) return "it lists Kubernetes containers";
    if (listings_.size() < 2) return "";
    return listings_.front().any()
               ? "it is the first that lists containers, and none lists "
                 "Kubernetes containers"
               : "it is the first that responds, and none lists containers";
  }

  /// Passes on the list of the chosen runtime.
  void PassOn() {
    if (visitor_ != nullptr && !listings_.front().open())
      listings_.front().Open(call_);
  }

  /// Returns the errors of the candidates that were ruled out.
  const std::vector<Error>& errors() const noexcept { return errors_; }

 private:
  /// Returns whether to choose the candidate, whatever others list.
  /// @param patient Whether it gets all the remaining time.
  bool Ask(const RuntimeCandidate& candidate, bool patient) {
    const bool others_may_run_pods = sick_ || !slow_.empty();
    const bool is_first = std::exchange(asked_, true);
    CandidateList listing(candidate, visitor_);
    try {
      // With the client's own limit, the error names a round number.
      listing.List({}, patient && is_first ? call_ : Limited(patient),
                   others_may_run_pods);
    } catch (const Error& error) {
      if (listing.open()) throw;
      Judge(candidate, error, patient);
      return false;
    }
    const bool runs_pods = listing.open();
    listings_.insert(runs_pods ? listings_.begin() : listings_.end(),
                     std::move(listing));
    return runs_pods;
  }

  void Judge(const RuntimeCandidate& candidate, const Error& error,
             bool patient) {
    if (error.code() == ErrorCode::kCancelled ||
        error.code() == ErrorCode::kInternal) {
      throw error;
    }
    const bool refuses = candidate.Refuses(error);
    if (&candidate == last_.candidate) {
      if (!refuses) throw error;
      if (last_.lists_pods) lost_ = error;
    }
    if (error.code() == ErrorCode::kTimeout && !patient) {
      slow_.push_back(&candidate);
    } else if (refuses || !Responds(candidate, error)) {
      errors_.push_back(error);
    } else if (!sick_) {
      sick_ = error;
    }
  }

  /// Returns whether the candidate speaks its protocol, or may do so once it no
  /// longer hangs.
  bool Responds(const RuntimeCandidate& candidate, const Error& error) const {
    if (error.code() == ErrorCode::kTlsFailed) return false;
    if (error.code() == ErrorCode::kTimeout ||
        error.code() == ErrorCode::kCannotConnect) {
      return true;
    }
    try {
      (void)candidate.runtime->Ping(Limited(false));
      return true;
    } catch (const Error& ping_error) {
      if (ping_error.code() == ErrorCode::kCancelled) throw;
      return ping_error.code() == ErrorCode::kTimeout;
    }
  }

  CallOptions Limited(bool patient) const {
    CallOptions limited = call_;
    const auto now = steady_clock::now();
    limited.deadline = patient ? deadline_ : now + (deadline_ - now) / kShare;
    return limited;
  }

  /// Returns the error, with the runtimes that respond but were not chosen.
  Error WithOthers(const Error& error) const {
    if (listings_.empty()) return error;
    std::string text = Sentence(error);
    text += " Others respond, but list no running Kubernetes containers: ";
    for (const CandidateList& listing : listings_) {
      if (&listing != &listings_.front()) text += ", ";
      text += listing.candidate().runtime->endpoint();
    }
    return {error.code(), text + ".", error.http_status()};
  }

  const Chosen& last_;
  const ContainerVisitor* const visitor_;
  const CallOptions& call_;
  const steady_clock::time_point deadline_;
  bool asked_ = false;
  std::vector<CandidateList>
      listings_;  ///< Of those that respond; the choice first.
  std::vector<const RuntimeCandidate*> slow_;  ///< To be queried again.
  std::optional<Error> sick_;  ///< From the first that hangs or fails.
  std::optional<Error> lost_;  ///< From the last choice, if it ran pods.
  std::vector<Error> errors_;
};

SelectingRuntime::SelectingRuntime(std::vector<RuntimeCandidate> candidates,
                                   std::chrono::nanoseconds timeout)
    : candidates_(std::move(candidates)),
      timeout_(timeout),
      chosen_(std::make_shared<const Chosen>()) {}

const std::string& SelectingRuntime::endpoint() const noexcept {
  static const std::string kNone;
  const ChosenPtr last = Last();
  return last->candidate == nullptr ? kNone
                                    : last->candidate->runtime->endpoint();
}

RuntimeChoice SelectingRuntime::Choice() const {
  const ChosenPtr last = Last();
  if (last->candidate == nullptr) return {};
  RuntimeChoice choice = last->candidate->runtime->Choice();
  choice.reason = last->reason;
  return choice;
}

SelectingRuntime::ChosenPtr SelectingRuntime::Last() const {
  const std::lock_guard lock(mutex_);
  return chosen_;
}

void SelectingRuntime::Save(Chosen chosen) const {
  auto saved = std::make_shared<const Chosen>(std::move(chosen));
  const std::lock_guard lock(mutex_);
  chosen_.swap(saved);
}

bool SelectingRuntime::Holds(const Chosen& last, const Sockets& sockets) const {
  if (last.candidate == nullptr) return false;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const bool appeared = sockets[i].exists && !(sockets[i] == last.sockets[i]);
    if (&candidates_[i] != last.candidate && appeared) return false;
  }
  return true;
}

std::vector<const RuntimeCandidate*> SelectingRuntime::ToAsk(
    const Chosen& last, const Sockets& sockets) const {
  std::vector<const RuntimeCandidate*> order;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const RuntimeCandidate* const candidate = &candidates_[i];
    const bool is_last = candidate == last.candidate;
    if (!sockets[i].exists && !(is_last && last.lists_pods)) continue;
    order.insert(is_last && Holds(last, sockets) ? order.begin() : order.end(),
                 candidate);
  }
  return order;
}

Error SelectingRuntime::NoRuntime(const std::vector<Error>& errors,
                                  const Sockets& sockets) const {
  std::string text = "Cannot find a container runtime.";
  for (const Error& error : errors) text.append(" ").append(Sentence(error));
  std::string missing;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i].exists) continue;
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

void SelectingRuntime::ListOnly(const RuntimeCandidate& only,
                                const Chosen& last, const ListOptions& options,
                                const ContainerVisitor& visitor,
                                const CallOptions& call,
                                Sockets sockets) const {
  CandidateList listing(only, &visitor);
  listing.Open(call);
  try {
    listing.List(options, call, false);
  } catch (const Error& error) {
    if (listing.any() || !only.Refuses(error)) throw;
    throw NoRuntime({error}, sockets);
  }
  const bool knew_pods = last.candidate == &only && last.lists_pods;
  const bool narrowed = options != ListOptions{};
  Save({&only, listing.pods() || (narrowed && knew_pods), "",
        std::move(sockets)});
}

void SelectingRuntime::DoForEachContainer(const ListOptions& options,
                                          const ContainerVisitor& visitor,
                                          const CallOptions& call) const {
  const auto end = steady_clock::now() + timeout_;
  const ChosenPtr last = Last();
  Sockets sockets;
  for (const RuntimeCandidate& candidate : candidates_)
    sockets.push_back(candidate.Socket());
  const auto to_ask = ToAsk(*last, sockets);
  if (to_ask.size() == 1) {
    return ListOnly(*to_ask.front(), *last, options, visitor, call,
                    std::move(sockets));
  }
  // A narrowed list does not show whether the choice still holds.
  const bool narrowed = options != ListOptions{};
  if (narrowed && last->lists_pods && Holds(*last, sockets)) {
    CandidateList listing(*last->candidate, &visitor);
    listing.Open(call);
    try {
      return listing.List(options, call, false);
    } catch (const Error& error) {
      if (listing.any() || !last->candidate->Refuses(error)) throw;
    }
  }
  CallOptions rest = call;
  rest.deadline = std::min(call.deadline.value_or(end), end);
  Selection selection(*last, narrowed ? nullptr : &visitor, call,
                      *rest.deadline);
  const RuntimeCandidate* const chosen = selection.Choose(to_ask);
  if (chosen == nullptr) throw NoRuntime(selection.errors(), sockets);
  Save(
      {chosen, selection.lists_pods(), selection.Reason(), std::move(sockets)});
  selection.PassOn();
  if (narrowed) chosen->runtime->ForEachContainer(options, visitor, rest);
}

PingResult SelectingRuntime::DoPing(const CallOptions& call) const {
  DoForEachContainer({}, [](Container& /*container*/) {}, call);
  return Last()->candidate->runtime->Ping(call);
}

}  // namespace containercollector::internal
