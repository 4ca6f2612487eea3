// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/busybox_image.h"

#include <elf.h>
#include <link.h>

#include <filesystem>
#include <fstream>

#include "tests/support/process.h"

namespace containercollector::engine {
namespace {

namespace fs = std::filesystem;

const char* const kBusybox = "/bin/busybox";

}  // namespace

bool HasStaticBusybox() {
  std::ifstream file(kBusybox, std::ios::binary);
  ElfW(Ehdr) header;
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return false;
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    if (!file.read(reinterpret_cast<char*>(&segment), sizeof segment)) {
      return false;
    }
    if (segment.p_type == PT_INTERP) return false;
  }
  return true;
}

std::string MakeBusyboxArchive(const std::string& directory) {
  const fs::path root = fs::path(directory) / "busybox";
  fs::create_directories(root / "bin");
  fs::copy_file(kBusybox, root / "bin/busybox");
  for (const char* applet : {"ls", "sh", "sleep", "true"}) {
    fs::create_symlink("busybox", root / "bin" / applet);
  }
  std::string archive = directory + "/busybox.tar";
  test::RunSuccessfully({"tar", "--create", "--file=" + archive, "--directory",
                         root.string(), "."});
  return archive;
}

}  // namespace containercollector::engine
