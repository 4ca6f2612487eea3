// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_BUSYBOX_IMAGE_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_BUSYBOX_IMAGE_H_

#include <string>

namespace containercollector::engine {

/// Whether this machine has a busybox that runs without its libraries.
bool HasStaticBusybox();

/// Makes an archive of a root file system with busybox in it, for the import
/// commands of docker and podman. Returns its path, below `directory`.
std::string MakeBusyboxArchive(const std::string& directory);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_BUSYBOX_IMAGE_H_
