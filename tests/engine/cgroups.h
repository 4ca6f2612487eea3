// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_CGROUPS_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_CGROUPS_H_

#include <string>

namespace containercollector::engine {

/// Whether the machine has control groups, of version 1 or 2.
bool HasCgroups();

/// Lets the frozen processes below the cgroup `name` go on, if there are any.
/// One that version 1 has frozen cannot even be killed.
void ThawCgroup(const std::string& name);

/// Removes the cgroup `name` and all below it from every hierarchy. Says
/// whether nothing of it is left.
bool RemoveCgroup(const std::string& name);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_CGROUPS_H_
