// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/cgroups.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace containercollector::engine {
namespace {

namespace fs = std::filesystem;

const char* const kRoot = "/sys/fs/cgroup";

/// The directories of the cgroup `name`, parents first. Version 1 has one
/// hierarchy per controller, version 2 has one at the root.
std::vector<fs::path> Directories(const std::string& name) {
  std::vector<fs::path> tops = {fs::path(kRoot) / name};
  std::error_code error;
  for (fs::directory_iterator i(kRoot, error), end; i != end;
       i.increment(error)) {
    tops.push_back(i->path() / name);
  }
  std::vector<fs::path> directories;
  for (const fs::path& top : tops) {
    if (!fs::is_directory(top, error)) continue;
    directories.push_back(top);
    for (fs::recursive_directory_iterator i(top, error), end; i != end;
         i.increment(error)) {
      if (i->is_directory(error)) directories.push_back(i->path());
    }
  }
  return directories;
}

}  // namespace

bool HasCgroups() {
  std::error_code error;
  return fs::exists(fs::path(kRoot) / "cgroup.controllers", error) ||
         fs::exists(fs::path(kRoot) / "freezer", error);
}

void ThawCgroup(const std::string& name) {
  for (const fs::path& directory : Directories(name)) {
    std::error_code error;
    const fs::path state = directory / "freezer.state";
    if (fs::exists(state, error)) std::ofstream(state) << "THAWED";
  }
}

bool RemoveCgroup(const std::string& name) {
  const std::vector<fs::path> directories = Directories(name);
  bool removed = true;
  for (auto i = directories.rbegin(); i != directories.rend(); ++i) {
    removed = ::rmdir(i->c_str()) == 0 && removed;
  }
  return removed;
}

}  // namespace containercollector::engine
