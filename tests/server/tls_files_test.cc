// SPDX-License-Identifier: Apache-2.0

/// What the server says of TLS files that it cannot use.
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "server/http/tls.h"
#include "tests/server/pki.h"
#include "tests/support/system_call.h"

using namespace containercollector::test;
using containercollector::server::Tls;
using containercollector::server::TlsFileError;
using containercollector::server::TlsFiles;

namespace {

using File = std::string TlsFiles::*;

/// An ordinary user's rights, as long as it lives: root may read every file.
class OrdinaryUser {
 public:
  OrdinaryUser() {
    constexpr uid_t kNobody = 65534;
    if (root_) CheckSystemCall(seteuid(kNobody), "seteuid");
  }
  ~OrdinaryUser() {
    if (root_ && seteuid(0) != 0) std::terminate();
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  const bool root_ = geteuid() == 0;
};

TlsFiles FilesOf(const Pki& pki) {
  return {pki.dir / "server.crt", pki.dir / "server.key",
          pki.dir / "clients.crt"};
}

void CheckFails(const TlsFiles& files, File at_fault, const std::string& text) {
  try {
    const Tls tls(files);
    FAIL("the files were accepted");
  } catch (const TlsFileError& error) {
    CHECK(error.what() == text);
    CHECK((error.file() == at_fault));
  }
}

struct Case {
  File file;
  std::string name;       ///< In error texts.
  std::string pem_label;  ///< The last words of the PEM header.
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {&TlsFiles::cert, "the certificate ", "CERTIFICATE"},
      {&TlsFiles::key, "the private key ", "PRIVATE KEY"},
      {&TlsFiles::client_ca, "the CA certificates ", "CERTIFICATE"}};
  return cases;
}

}  // namespace

TEST_CASE("A TLS file that cannot be read is named, with the reason") {
  const Pki pki;
  for (const Case& c : Cases()) {
    TlsFiles files = FilesOf(pki);
    files.*c.file = "/nowhere/file.pem";
    CheckFails(files, c.file,
               "Cannot read " + c.name +
                   "/nowhere/file.pem: No such file or directory. Write the "
                   "path of a PEM file.");
    files.*c.file = pki.dir.path();
    CheckFails(files, c.file,
               "Cannot read " + c.name + pki.dir.path() +
                   ": Is a directory. Write the path of a PEM file.");
  }
}

TEST_CASE("A TLS file that this user may not read is named") {
  const Pki pki;
  namespace fs = std::filesystem;
  fs::permissions(pki.dir.path(), fs::perms(0755));
  for (const Case& c : Cases()) {
    const TlsFiles files = FilesOf(pki);
    fs::permissions(files.*c.file, fs::perms::none);
    {
      const OrdinaryUser user;
      CheckFails(files, c.file,
                 "Cannot read " + c.name + files.*c.file +
                     ": Permission denied. Let the user that runs this server "
                     "read the file.");
    }
    fs::permissions(files.*c.file, fs::perms(0644));
  }
}

TEST_CASE("A TLS file that is not PEM is named") {
  const Pki pki;
  for (const std::string content :
       {"", "no PEM\n", "-----BEGIN CERTIFICATE-----\n%%%\n"}) {
    CAPTURE(content);
    std::ofstream(pki.dir / "bad") << content;
    for (const Case& c : Cases()) {
      TlsFiles files = FilesOf(pki);
      files.*c.file = pki.dir / "bad";
      CheckFails(files, c.file,
                 "Cannot use " + c.name + pki.dir / "bad" +
                     ": the file is not in PEM format. Write one with a line "
                     "-----BEGIN " +
                     c.pem_label + "-----.");
    }
  }
}

TEST_CASE(
    "A private key that is encrypted or of another certificate is named") {
  const Pki pki;
  TlsFiles files = FilesOf(pki);
  files.key = pki.dir / "client.key";
  CheckFails(files, &TlsFiles::key,
             "Cannot use the private key " + files.key +
                 ": it does not belong to the certificate " + files.cert +
                 ". Write the key that the certificate was made for.");

  files.key = pki.dir / "encrypted.key";
  const Output openssl =
      Run({"openssl", "pkcs8", "-topk8", "-in", pki.dir / "server.key",
           "-passout", "pass:x", "-out", files.key});
  INFO(openssl.err);
  REQUIRE(openssl.exit_code == 0);
  CheckFails(files, &TlsFiles::key,
             "Cannot use the private key " + files.key +
                 ": the key is encrypted. Decrypt it, because this server asks "
                 "for no password.");
}

TEST_CASE("The certificate that expires first counts") {
  const Pki pki;
  constexpr std::time_t kDay = 24 * 60 * 60;
  const std::time_t now = std::time(nullptr);
  const auto expiry = [&] {
    return std::chrono::system_clock::to_time_t(Tls(FilesOf(pki)).Expiry());
  };
  CHECK(std::abs(expiry() - now - kDay) < 60);
  // As if it were an intermediate one.
  Certificate("soon", Purpose::kAuthority, &pki.authority,
              std::chrono::hours(1))
      .Write(pki.dir / "soon");
  std::ofstream(pki.dir / "server.crt", std::ios::app)
      << ReadFile(pki.dir / "soon.crt");
  CHECK(std::abs(expiry() - now - 60 * 60) < 60);
}
