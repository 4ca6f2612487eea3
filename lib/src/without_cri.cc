// SPDX-License-Identifier: Apache-2.0
/// Replaces lib/src/cri with -DCONTAINERCOLLECTOR_CRI=OFF. The constructor of
/// this CriClient throws, so its other functions are never called.
#include "containercollector/cri_client.h"
#include "containercollector/error.h"

namespace containercollector {

struct CriClient::Impl {};

CriClient::CriClient(const RuntimeOptions&) {
  throw Error(ErrorCode::kInvalidArgument,
              "This library was built without the CRI: use a DockerClient, or "
              "build it with -DCONTAINERCOLLECTOR_CRI=ON");
}

CriClient::~CriClient() = default;
CriClient::CriClient(CriClient&&) noexcept = default;
CriClient& CriClient::operator=(CriClient&&) noexcept = default;

const std::string& CriClient::endpoint() const noexcept {
  static const std::string none;
  return none;
}

RuntimeChoice CriClient::Choice() const { return {}; }

void CriClient::DoForEachContainer(const ListOptions&, const ContainerVisitor&,
                                   const CallOptions&) const {}

PingResult CriClient::DoPing(const CallOptions&) const { return {}; }

}  // namespace containercollector
