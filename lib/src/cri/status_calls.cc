// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/status_calls.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace containercollector::internal::cri {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// The ID of the call of Version, which is about no entry.
constexpr std::size_t kVersionCall = std::numeric_limits<std::size_t>::max();

std::int64_t Now() {
  return std::chrono::duration_cast<nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Returns whether the details remain valid until the state changes. They do
/// not while a sandbox may still get an address.
bool IsFixed(const Entry& entry, const Details& details) {
  if (!entry.is_sandbox)
    return details.container.state != ContainerState::kUnknown;
  const SandboxStatus& sandbox = details.sandbox;
  return sandbox.state == SandboxState::kNotReady || sandbox.host_network() ||
         !sandbox.network.ip.empty();
}

}  // namespace

StatusLimits::StatusLimits(nanoseconds left)
    : all(left * 2 / 5),
      each(std::min(all, std::max<nanoseconds>(left / 10, milliseconds(1000)))),
      again(std::min(each,
                     std::max<nanoseconds>(left / 50, milliseconds(500)))) {}

StatusCalls::StatusCalls(const RuntimeService& service, StatusMemory& memory,
                         std::uint64_t runtime, const CallLimit& limit,
                         Budget& budget)
    : service_(service),
      memory_(memory),
      runtime_(runtime),
      limits_(limit.TimeLeft()),
      limit_(limit),
      budget_(budget) {
  limit_.Shorten(limits_.all);
}

std::vector<bool> StatusCalls::AddDetails(std::vector<Entry>& entries) {
  entries_ = &entries;
  known_ = memory_.Get(entries);
  gone_.assign(entries.size(), false);
  verbose_.assign(entries.size(), false);
  Plan();
  if (!pending_.empty()) {
    service_.CallAll(
        [this] { return Next(); }, limit_,
        [this](const ServiceCall& call, const std::string& message) {
          OnMessage(call, message);
        },
        [this](const ServiceCall& call, const ServiceFailure& failure) {
          OnFailure(call, failure);
        });
  }
  AddKnown(entries);
  memory_.Put(runtime_, entries, std::move(known_));
  return std::move(gone_);
}

/// Decides which calls to make and in which order. Calls that timed out last
/// time come last, so that they delay no others.
void StatusCalls::Plan() {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < entries_->size(); ++i) {
    const Remembered& known = known_[i];
    const Entry& entry = (*entries_)[i];
    if (known.is_final &&
        StateOf(*known.details, entry.is_sandbox) == entry.container.state)
      continue;
    verbose_[i] = !known.verbose_done;
    indexes.push_back(i);
  }
  std::stable_sort(indexes.begin(), indexes.end(),
                   [&](std::size_t a, std::size_t b) {
                     return known_[a].timeouts < known_[b].timeouts;
                   });
  if (!indexes.empty() && !memory_.can_restart())
    pending_.push_back({kVersionCall, "Version", "", "", limits_.each});
  for (const std::size_t i : indexes) pending_.push_back(MakeCall(i));
}

ServiceCall StatusCalls::MakeCall(std::size_t index) const {
  const Entry& entry = (*entries_)[index];
  ServiceCall call;
  call.id = index;
  call.method = entry.is_sandbox ? "PodSandboxStatus" : "ContainerStatus";
  call.message = EncodeStatusRequest(entry.container.id, verbose_[index]);
  call.subject = entry.container.id;
  call.timeout = known_[index].timeouts > 0 ? limits_.again : limits_.each;
  return call;
}

std::optional<ServiceCall> StatusCalls::Next() {
  while (!pending_.empty()) {
    ServiceCall call = std::move(pending_.front());
    pending_.pop_front();
    const bool is_late = limit_.TimeLeft() <= nanoseconds(0);
    if (!is_late && !(slow_again_ && IsSlow(call))) return call;
    if (call.id == kVersionCall) continue;
    (*entries_)[call.id].missing =
        service_.TimedOut(call, is_late ? limits_.all : call.timeout);
  }
  return std::nullopt;
}

bool StatusCalls::IsSlow(const ServiceCall& call) const {
  return call.id != kVersionCall && known_[call.id].timeouts > 0;
}

void StatusCalls::OnMessage(const ServiceCall& call,
                            const std::string& message) {
  if (call.id == kVersionCall) {
    const Version version = DecodeVersion(message, budget_);
    memory_.set_can_restart(runtime_, version.runtime_name == "docker");
    return;
  }
  Remembered& known = known_[call.id];
  Details details =
      DecodeDetails(message, (*entries_)[call.id].is_sandbox, budget_);
  if (!verbose_[call.id] && known.details) {
    details.command = known.details->command;
    details.sandbox_image = known.details->sandbox_image;
  }
  known.details = std::make_shared<const Details>(std::move(details));
  known.verbose_done = true;
  known.timeouts = 0;
}

void StatusCalls::OnFailure(const ServiceCall& call,
                            const ServiceFailure& failure) {
  if (call.id == kVersionCall) return;
  Remembered& known = known_[call.id];
  const ErrorCode code = failure.error.code();
  if (verbose_[call.id]) {
    // The failure may be due to the verbose part of the response.
    verbose_[call.id] = false;
    known.verbose_done = code == ErrorCode::kDaemonError ||
                         code == ErrorCode::kResponseTooLarge ||
                         code == ErrorCode::kTimeout;
    pending_.push_front(MakeCall(call.id));
    if (code == ErrorCode::kTimeout) pending_.front().timeout = limits_.again;
    return;
  }
  if (failure.is_gone) {
    gone_[call.id] = true;
    known = {};
    return;
  }
  if (code == ErrorCode::kTimeout) {
    slow_again_ = slow_again_ || IsSlow(call);
    ++known.timeouts;
  }
  (*entries_)[call.id].missing = failure.error;
}

void StatusCalls::AddKnown(std::vector<Entry>& entries) {
  const std::int64_t now = Now();
  const bool can_restart = memory_.can_restart().value_or(true);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (gone_[i] || entries[i].missing) continue;
    const Details& details = *known_[i].details;
    cri::AddDetails(details, now, budget_, entries[i]);
    known_[i].is_final = !can_restart && IsFixed(entries[i], details);
  }
}

}  // namespace containercollector::internal::cri
