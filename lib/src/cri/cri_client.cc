// SPDX-License-Identifier: Apache-2.0
#include "containercollector/cri_client.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/src/cri/containers.h"
#include "lib/src/cri/list_filter.h"
#include "lib/src/cri/messages.h"
#include "lib/src/cri/runtime_service.h"
#include "lib/src/cri/status_calls.h"
#include "lib/src/cri/status_memory.h"
#include "lib/src/endpoint.h"
#include "lib/src/option_checks.h"

namespace containercollector {
namespace {

using internal::CallLimit;
using internal::cri::Budget;
using internal::cri::BudgetError;
using internal::cri::Entry;
using internal::cri::ListFilter;
using internal::cri::ListRequest;
using internal::cri::RuntimeService;
using internal::cri::ServiceCall;
using internal::cri::StatusCalls;
using internal::cri::StatusMemory;

const RuntimeOptions& Checked(const RuntimeOptions& options) {
  internal::CheckOptions(options);
  return options;
}

internal::Endpoint EndpointOf(const RuntimeOptions& options) {
  return internal::ParseEndpoint(
      options.cri_endpoint.empty() ? "unix://" : options.cri_endpoint,
      RuntimeKind::kCri);
}

}  // namespace

class CriClient::Impl {
 public:
  explicit Impl(const RuntimeOptions& options)
      : timeout_(Checked(options).timeout),
        max_bytes_(options.max_response_bytes),
        service_(EndpointOf(options), options),
        memory_(max_bytes_) {}

  const std::string& endpoint() const noexcept {
    return service_.endpoint().text;
  }

  CallLimit LimitOf(const CallOptions& call) const {
    return CallLimit::Of(call, timeout_);
  }

  /// Returns the entries that match the options, newest first.
  std::vector<Entry> List(const ListOptions& options, const CallLimit& limit,
                          const CallOptions& call) const {
    Budget budget(kBudgetFactor * max_bytes_);
    try {
      return List(options, limit, call, budget);
    } catch (const BudgetError&) {
      throw Error(ErrorCode::kResponseTooLarge,
                  "The containers of the container runtime at " + endpoint() +
                      " take more memory than the limit of " +
                      std::to_string(kBudgetFactor * max_bytes_) + " bytes, " +
                      std::to_string(kBudgetFactor) +
                      " times that of a response. Remove dead containers, ask "
                      "with all=0 or filters, or allow larger responses.");
    }
  }

  internal::cri::Version GetVersion(const CallLimit& limit) const {
    Budget budget(kBudgetFactor * max_bytes_);
    return Decode<internal::cri::Version>(
        {0, "Version", "", ""}, internal::cri::DecodeVersion, limit, budget);
  }

 private:
  /// A decoded response uses up to about three times its size.
  static constexpr std::size_t kBudgetFactor = 3;

  /// Makes one call and returns its decoded message.
  template <typename Message>
  Message Decode(const ServiceCall& call,
                 Message (*decode)(std::string_view, Budget&),
                 const CallLimit& limit, Budget& budget) const {
    const std::string message = service_.Call(call, limit);
    try {
      return decode(message, budget);
    } catch (const internal::cri::MessageError& error) {
      throw service_.Malformed(call, error);
    }
  }

  std::vector<Entry> List(const ListOptions& options, const CallLimit& limit,
                          const CallOptions& call, Budget& budget) const {
    const ListFilter filter(options, limit);
    const std::uint64_t runtime =
        memory_.Check(service_.endpoint().socket_path);
    std::vector<Entry> left = ListAll(filter.Request(), limit, budget);
    if (filter.Request().empty()) memory_.Retain(left);
    filter.DropListed(left);
    StatusCalls statuses(service_, memory_, runtime, limit, budget);
    std::vector<Entry> entries;
    // Continue until the containers that disappeared or were dropped in the
    // meantime are replaced.
    while (!left.empty() && entries.size() < filter.max_entries()) {
      std::vector<Entry> batch = TakeBatch(filter, entries.size(), left);
      const bool is_rest = entries.empty() && left.empty();
      DropGone(statuses.AddDetails(batch), is_rest, limit, budget, batch);
      for (const Entry& entry : batch)
        if (entry.missing && call.on_incomplete)
          call.on_incomplete(*entry.missing);
      filter.DropComplete(batch);
      if (entries.empty()) {
        entries = std::move(batch);
      } else {
        std::move(batch.begin(), batch.end(), std::back_inserter(entries));
      }
    }
    if (entries.size() > filter.max_entries())
      entries.resize(filter.max_entries());
    if (options.size) AddSizes(limit, budget, call, entries);
    return entries;
  }

  std::vector<Entry> ListAll(const ListRequest& request, const CallLimit& limit,
                             Budget& budget) const {
    using internal::cri::ContainerState;
    using internal::cri::SandboxState;
    auto containers =
        Decode({0, "ListContainers", EncodeListContainers(request), ""},
               internal::cri::DecodeContainers, limit, budget);
    const auto sandbox_state = request.state == ContainerState::kRunning
                                   ? std::optional(SandboxState::kReady)
                                   : std::nullopt;
    // List the sandboxes after the containers, so that even the newest
    // container's sandbox is included.
    auto sandboxes =
        Decode({0, "ListPodSandbox", EncodeListSandboxes(sandbox_state), ""},
               internal::cri::DecodeSandboxes, limit, budget);
    return MakeEntries(std::move(containers), std::move(sandboxes), budget);
  }

  /// Moves the next entries out of `left`.
  static std::vector<Entry> TakeBatch(const ListFilter& filter,
                                      std::size_t found,
                                      std::vector<Entry>& left) {
    // Many of them may be dropped once their status is known.
    constexpr std::size_t kSome = 256;
    std::size_t count = filter.max_entries() - found;
    if (filter.NeedsStatus()) count = std::max(count, kSome);
    if (count >= left.size()) return std::exchange(left, {});
    const auto end = left.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Entry> batch(std::make_move_iterator(left.begin()),
                             std::make_move_iterator(end));
    left.erase(left.begin(), end);
    return batch;
  }

  /// Drops the entries that the runtime no longer knows. A few containers may
  /// disappear between two calls. If many do, or if no entry would be left,
  /// this lists again and keeps the entries that are still listed, without
  /// details.
  /// @param is_rest Whether the result has no other entries.
  void DropGone(const std::vector<bool>& gone, bool is_rest,
                const CallLimit& limit, Budget& budget,
                std::vector<Entry>& entries) const {
    constexpr std::size_t kFew = 4;
    const auto count =
        static_cast<std::size_t>(std::count(gone.begin(), gone.end(), true));
    if (count == 0) return;
    std::set<std::string> listed;
    if (count > std::max(kFew, entries.size() / 10) ||
        (is_rest && count == entries.size())) {
      for (const Entry& entry : ListAll({}, limit, budget))
        listed.insert(entry.container.id);
    }
    std::vector<Entry> kept;
    kept.reserve(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      Entry& entry = entries[i];
      if (gone[i]) {
        if (listed.count(entry.container.id) == 0) continue;
        entry.missing = service_.Contradiction(entry.container.id);
      }
      kept.push_back(std::move(entry));
    }
    entries = std::move(kept);
  }

  /// Adds the sizes that the runtime reports. They are optional: if the call
  /// fails, the containers are listed without them.
  void AddSizes(const CallLimit& limit, Budget& budget, const CallOptions& call,
                std::vector<Entry>& entries) const {
    CallLimit soon = limit;
    soon.Shorten(internal::cri::StatusLimits(limit.TimeLeft()).all);
    try {
      AddStats(Decode({0, "ListContainerStats", "", ""},
                      internal::cri::DecodeContainerStats, soon, budget),
               entries);
    } catch (const BudgetError&) {
      throw;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled ||
          error.code() == ErrorCode::kInternal)
        throw;
      for (const Entry& entry : entries)
        if (!entry.is_sandbox && !entry.missing && call.on_incomplete)
          call.on_incomplete(error);
    }
  }

  const std::chrono::nanoseconds timeout_;
  const std::size_t max_bytes_;
  const RuntimeService service_;
  mutable StatusMemory memory_;
};

CriClient::CriClient(const RuntimeOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
CriClient::~CriClient() = default;
CriClient::CriClient(CriClient&&) noexcept = default;
CriClient& CriClient::operator=(CriClient&&) noexcept = default;

void CriClient::DoForEachContainer(const ListOptions& options,
                                   const ContainerVisitor& visitor,
                                   const CallOptions& call) const {
  internal::CheckOptions(options);
  for (Entry& entry : impl_->List(options, impl_->LimitOf(call), call))
    visitor(entry.container);
}

PingResult CriClient::DoPing(const CallOptions& call) const {
  PingResult result;
  result.api_version =
      impl_->GetVersion(impl_->LimitOf(call)).runtime_api_version;
  result.os_type = "linux";
  return result;
}

const std::string& CriClient::endpoint() const noexcept {
  return impl_->endpoint();
}

RuntimeChoice CriClient::Choice() const {
  return {RuntimeKind::kCri, endpoint(), ""};
}

}  // namespace containercollector
