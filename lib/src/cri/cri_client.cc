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
#include "lib/src/query_string.h"

namespace containercollector::internal::cri {
namespace {

/// One pass over the node.
struct Collection {
  const RuntimeService& service;
  const CallOptions& call;
  CallLimit limit;
  Budget budget;

  /// Makes one call and returns its decoded message.
  template <typename Decoder>
  auto Decode(const char* method, std::string message, const Decoder& decode) {
    const ServiceCall request{0, method, std::move(message), ""};
    const std::string response = service.Call(request, limit);
    try {
      return decode(response, budget);
    } catch (const MessageError& error) {
      throw service.Malformed(request, error);
    }
  }

  /// Returns the entries that match the options, newest first.
  /// @throws Error, BudgetError
  std::vector<Entry> List(const ListOptions& options, StatusMemory& memory) {
    const ListFilter filter(options, limit);
    const ListRequest request = filter.Request();
    const std::uint64_t runtime = memory.Check(service.endpoint().socket_path);
    std::vector<Entry> left = ListAll(request);
    if (request.empty()) memory.Retain(left);
    filter.DropListed(left);
    CallLimit status_limit = limit;
    status_limit.Shorten(limit.TimeLeft() * 2 / 5);
    std::vector<Entry> entries;
    // Continue until the containers that disappeared or were dropped in the
    // meantime are replaced.
    while (!left.empty() && entries.size() < filter.max_entries()) {
      std::vector<Entry> batch = TakeBatch(filter, entries.size(), left);
      AddStatuses(service, memory, runtime, status_limit, budget, batch);
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

  std::vector<Entry> ListAll(const ListRequest& request) {
    const auto list = [&](const char* method, const ListRequest& which,
                          bool of_sandboxes) {
      return Decode(method, EncodeListRequest(which, of_sandboxes),
                    [&](std::string_view response, Budget& bytes) {
                      return DecodeList(response, of_sandboxes, bytes);
                    });
    };
    auto containers = list("ListContainers", request, false);
    ListRequest pods;
    if (request.state == kStateRunning) pods.state = kStateRunning;
    // List the sandboxes after the containers, so that even the newest
    // container's sandbox is included.
    auto sandboxes = list("ListPodSandbox", pods, true);
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
        entry.missing = service.Contradiction(entry.container.id);
      }
    }
    entries.erase(std::remove_if(entries.begin(), entries.end(), is_gone),
                  entries.end());
  }

  /// Adds the sizes that the runtime reports. They are optional: if the call
  /// fails, the containers are listed without them.
  void AddSizes(std::vector<Entry>& entries) {
    limit.Shorten(limit.TimeLeft() * 2 / 5);
    try {
      AddStats(Decode("ListContainerStats", "", DecodeStats), entries);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled ||
          error.code() == ErrorCode::kInternal)
        throw;
      for (const Entry& entry : entries)
        if (!entry.is_sandbox && !entry.missing) Report(error);
    }
  }

  void Report(const Error& missing) const {
    if (call.on_incomplete) call.on_incomplete(missing);
  }
};

}  // namespace
}  // namespace containercollector::internal::cri

namespace containercollector {

struct CriClient::Impl {
  /// A decoded response uses up to about three times its size.
  static constexpr std::size_t kBudgetFactor = 3;

  explicit Impl(const RuntimeOptions& options)
      : timeout(internal::CheckOptions(options).timeout),
        max_bytes(kBudgetFactor * options.max_response_bytes),
        service(
            internal::ParseEndpoint(
                options.cri_endpoint.empty() ? "unix://" : options.cri_endpoint,
                RuntimeKind::kCri),
            options),
        memory(options.max_response_bytes) {}

  internal::cri::Collection Start(const CallOptions& call) const {
    return {service, call, internal::CallLimit::Of(call, timeout),
            internal::cri::Budget(max_bytes)};
  }

  const std::chrono::nanoseconds timeout;
  const std::size_t max_bytes;  ///< Of the decoded data of a collection.
  const internal::cri::RuntimeService service;
  internal::cri::StatusMemory memory;
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
  std::vector<internal::cri::Entry> entries;
  try {
    entries = impl_->Start(call).List(options, impl_->memory);
  } catch (const internal::cri::BudgetError&) {
    throw Error(ErrorCode::kResponseTooLarge,
                "The containers of the container runtime at " + endpoint() +
                    " take more memory than the limit of " +
                    std::to_string(impl_->max_bytes) + " bytes, " +
                    std::to_string(Impl::kBudgetFactor) +
                    " times that of a response. Remove dead containers, ask "
                    "with all=0 or filters, or allow larger responses.");
  }
  for (internal::cri::Entry& entry : entries) visitor(entry.container);
}

PingResult CriClient::DoPing(const CallOptions& call) const {
  PingResult result;
  result.api_version = impl_->Start(call)
                           .Decode("Version", "", internal::cri::DecodeVersion)
                           .runtime_api_version;
  result.os_type = "linux";
  return result;
}

const std::string& CriClient::endpoint() const noexcept {
  return impl_->service.endpoint().text;
}

RuntimeChoice CriClient::Choice() const {
  return {RuntimeKind::kCri, endpoint(), ""};
}

}  // namespace containercollector
