// SPDX-License-Identifier: Apache-2.0
#include "containercollector/cri_client.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/src/cri/containers.h"
#include "lib/src/cri/list_filter.h"
#include "lib/src/cri/messages.h"
#include "lib/src/cri/runtime_service.h"
#include "lib/src/cri/statuses.h"
#include "lib/src/endpoint.h"
#include "lib/src/option_checks.h"

namespace containercollector::internal::cri {
namespace {

/// One pass over the node.
class Collection {
 public:
  Collection(const RuntimeService& service, const CallOptions& call,
             const CallLimit& limit, std::size_t max_bytes)
      : service_(service), call_(call), limit_(limit), budget_(max_bytes) {}

  /// Makes one call and returns its decoded message.
  template <typename Decoder>
  auto Decode(const ServiceCall& call, const Decoder& decode) {
    const std::string message = service_.Call(call, limit_);
    try {
      return decode(message, budget_);
    } catch (const MessageError& error) {
      throw service_.Malformed(call, error);
    }
  }

  /// Returns the entries that match the options, newest first.
  /// @throws Error, BudgetError
  std::vector<Entry> List(const ListOptions& options, StatusMemory& memory) {
    const ListFilter filter(options, limit_);
    const ListRequest request = filter.Request();
    const std::uint64_t runtime = memory.Check(service_.endpoint().socket_path);
    std::vector<Entry> left = ListAll(request);
    if (request.empty()) memory.Retain(left);
    filter.DropListed(left);
    CallLimit status_limit = limit_;
    status_limit.Shorten(limit_.TimeLeft() * 2 / 5);
    std::vector<Entry> entries;
    // Continue until the containers that disappeared or were dropped in the
    // meantime are replaced.
    while (!left.empty() && entries.size() < filter.max_entries()) {
      std::vector<Entry> batch = TakeBatch(filter, entries.size(), left);
      AddStatuses(service_, memory, runtime, status_limit, budget_, batch);
      DropGone(/*are_all=*/entries.empty() && left.empty(), batch);
      for (const Entry& entry : batch)
        if (entry.missing) Report(*entry.missing);
      filter.DropComplete(batch);
      if (entries.empty()) entries.swap(batch);
      std::move(batch.begin(), batch.end(), std::back_inserter(entries));
    }
    if (entries.size() > filter.max_entries())
      entries.resize(filter.max_entries());
    if (options.size) AddSizes(entries);
    return entries;
  }

 private:
  std::vector<Entry> ListAll(const ListRequest& request) {
    const auto list = [&](const char* method, const ListRequest& which,
                          bool of_sandboxes) {
      return Decode({0, method, EncodeListRequest(which, of_sandboxes), ""},
                    [&](std::string_view message, Budget& budget) {
                      return DecodeList(message, of_sandboxes, budget);
                    });
    };
    auto containers = list("ListContainers", request, false);
    ListRequest pods;
    if (request.state == kStateRunning) pods.state = kStateRunning;
    // List the sandboxes after the containers, so that even the newest
    // container's sandbox is included.
    auto sandboxes = list("ListPodSandbox", pods, true);
    return MakeEntries(std::move(containers), std::move(sandboxes), budget_);
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
  /// @param are_all Whether the result has no other entries.
  void DropGone(bool are_all, std::vector<Entry>& entries) {
    constexpr std::size_t kFew = 4;
    const auto is_gone = [](const Entry& entry) { return entry.is_gone; };
    const auto count = static_cast<std::size_t>(
        std::count_if(entries.begin(), entries.end(), is_gone));
    if (count > std::max(kFew, entries.size() / 10) ||
        (are_all && count > 0 && count == entries.size())) {
      std::set<std::string> listed;
      for (const Entry& entry : ListAll({})) listed.insert(entry.container.id);
      for (Entry& entry : entries) {
        if (!entry.is_gone || listed.count(entry.container.id) == 0) continue;
        entry.is_gone = false;
        entry.missing = service_.Contradiction(entry.container.id);
      }
    }
    entries.erase(std::remove_if(entries.begin(), entries.end(), is_gone),
                  entries.end());
  }

  /// Adds the sizes that the runtime reports. They are optional: if the call
  /// fails, the containers are listed without them.
  void AddSizes(std::vector<Entry>& entries) {
    limit_.Shorten(limit_.TimeLeft() * 2 / 5);
    try {
      AddStats(Decode({0, "ListContainerStats", "", ""}, DecodeStats), entries);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled ||
          error.code() == ErrorCode::kInternal)
        throw;
      for (const Entry& entry : entries)
        if (!entry.is_sandbox && !entry.missing) Report(error);
    }
  }

  void Report(const Error& missing) const {
    if (call_.on_incomplete) call_.on_incomplete(missing);
  }

  const RuntimeService& service_;
  const CallOptions& call_;
  CallLimit limit_;
  Budget budget_;
};

}  // namespace
}  // namespace containercollector::internal::cri

namespace containercollector {

using internal::cri::Entry;

class CriClient::Impl {
 public:
  explicit Impl(const RuntimeOptions& options)
      : timeout_(internal::CheckOptions(options).timeout),
        max_bytes_(options.max_response_bytes),
        service_(
            internal::ParseEndpoint(
                options.cri_endpoint.empty() ? "unix://" : options.cri_endpoint,
                RuntimeKind::kCri),
            options),
        memory_(max_bytes_) {}

  const std::string& endpoint() const noexcept {
    return service_.endpoint().text;
  }

  std::vector<Entry> List(const ListOptions& options,
                          const CallOptions& call) const {
    try {
      return Start(call).List(options, memory_);
    } catch (const internal::cri::BudgetError&) {
      throw Error(ErrorCode::kResponseTooLarge,
                  "The containers of the container runtime at " + endpoint() +
                      " take more memory than the limit of " +
                      std::to_string(kBudgetFactor * max_bytes_) + " bytes, " +
                      std::to_string(kBudgetFactor) +
                      " times that of a response. Remove dead containers, ask "
                      "with all=0 or filters, or allow larger responses.");
    }
  }

  internal::cri::Collection Start(const CallOptions& call) const {
    return {service_, call, internal::CallLimit::Of(call, timeout_),
            kBudgetFactor * max_bytes_};
  }

 private:
  /// A decoded response uses up to about three times its size.
  static constexpr std::size_t kBudgetFactor = 3;

  const std::chrono::nanoseconds timeout_;
  const std::size_t max_bytes_;
  const internal::cri::RuntimeService service_;
  mutable internal::cri::StatusMemory memory_;
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
  for (Entry& entry : impl_->List(options, call)) visitor(entry.container);
}

PingResult CriClient::DoPing(const CallOptions& call) const {
  PingResult result;
  result.api_version =
      impl_->Start(call)
          .Decode({0, "Version", "", ""}, internal::cri::DecodeVersion)
          .runtime_api_version;
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
