// SPDX-License-Identifier: Apache-2.0
#include "server/http/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <limits>
#include <utility>

namespace containercollector::server {
namespace {

bool HasReceivedData(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  // If the kernel does not tell, no failure must be lost.
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
         info.tcpi_data_segs_in > 0;
}

/// GnuTLS' sentences about a certificate.
std::string ProblemsText(unsigned int problems) {
  gnutls_datum_t text{};
  if (gnutls_certificate_verification_status_print(problems, GNUTLS_CRT_X509,
                                                   &text, 0) < 0)
    return "it cannot be verified.";
  std::string sentences(reinterpret_cast<const char*>(text.data), text.size);
  gnutls_free(text.data);
  while (!sentences.empty() && sentences.back() == ' ') sentences.pop_back();
  return sentences;
}

}  // namespace

struct TlsHandshake::Callbacks {
  static TlsHandshake& Of(gnutls_session_t session) {
    return *static_cast<TlsHandshake*>(gnutls_session_get_ptr(session));
  }

  /// Called before each message is sent, or handled.
  static int OnMessage(gnutls_session_t session, unsigned int type,
                       unsigned int /*when*/, unsigned int incoming,
                       const gnutls_datum_t* message) noexcept {
    // A certificate is longer than an empty list in any TLS version.
    constexpr unsigned int kEmptyListBytes = 4;
    TlsHandshake& handshake = Of(session);
    if (incoming == 0) {
      if (type == GNUTLS_HANDSHAKE_SERVER_HELLO) handshake.server_hello_ = true;
      return 0;
    }
    if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO) {
      handshake.client_hello_ = true;
    } else if (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT) {
      handshake.no_certificate_ = message->size <= kEmptyListBytes;
    } else if (type == GNUTLS_HANDSHAKE_FINISHED) {
      handshake.finished_ = true;
    }
    return 0;
  }

  static int OnCertificate(gnutls_session_t session) noexcept {
    static unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, purpose, 0};
    TlsHandshake& handshake = Of(session);
    const int result = gnutls_certificate_verify_peers(session, &wanted, 1,
                                                       &handshake.problems_);
    if (result < 0) handshake.problems_ |= GNUTLS_CERT_INVALID;
    handshake.verified_ = handshake.problems_ == 0;
    return handshake.verified_ ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
  }
};

TlsHandshake::TlsHandshake(
    gnutls_session_int* session, bool needs_certificate,
    std::shared_ptr<const TlsCredentials> credentials) noexcept
    : needs_certificate_(needs_certificate),
      credentials_(std::move(credentials)) {
  // libmicrohttpd sets it too, but reads it only with pre-shared keys.
  gnutls_session_set_ptr(session, this);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY,
                                     GNUTLS_HOOK_PRE, &Callbacks::OnMessage);
  if (!needs_certificate_) return;
  gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
  gnutls_session_set_verify_function(session, &Callbacks::OnCertificate);
}

std::optional<TlsFailure> TlsHandshake::Failure(int socket) const {
  if (accepted() || (!client_hello_ && !HasReceivedData(socket)))
    return std::nullopt;
  return Describe();
}

TlsFailure TlsHandshake::Describe() const {
  const std::string advice =
      " Give it one that a CA of --tls-client-ca has signed for TLS clients.";
  if (no_certificate_) {
    return {"no_certificate", "The client presented no certificate." + advice};
  }
  if (problems_ != 0) {
    return {"untrusted", "The client's certificate is rejected: " +
                             ProblemsText(problems_) + advice};
  }
  if (!client_hello_) {
    return {"handshake",
            "The client did not speak TLS. Use https:// in its URL."};
  }
  if (!server_hello_) {
    return {"handshake",
            "The client and this server have no TLS version or cipher in "
            "common. Let the client speak TLS 1.2 or 1.3."};
  }
  return {"handshake",
          "The handshake was broken off. The client may not trust this "
          "server's certificate: give it the CA certificate."};
}

namespace {

using File = std::string TlsFiles::*;

void Check(int result) {
  if (result < 0)
    throw std::runtime_error(std::string("Cannot use TLS: ") +
                             gnutls_strerror(result));
}

std::string NameOf(File file) {
  if (file == &TlsFiles::cert) return "the certificate";
  return file == &TlsFiles::key ? "the private key" : "the CA certificates";
}

[[noreturn]] void CannotRead(const TlsFiles& files, File file, int os_error) {
  const char* const advice =
      os_error == EACCES ? "Let the user that runs this server read the file."
                         : "Write the path of a PEM file.";
  throw TlsFileError(file, "Cannot read " + NameOf(file) + " " + files.*file +
                               ": " + std::strerror(os_error) + ". " + advice);
}

[[noreturn]] void CannotUse(const TlsFiles& files, File file,
                            const std::string& why) {
  throw TlsFileError(
      file, "Cannot use " + NameOf(file) + " " + files.*file + ": " + why);
}

/// RAII: owns the bytes of a file.
class FileBytes {
 public:
  FileBytes(const TlsFiles& files, File file) {
    if (gnutls_load_file((files.*file).c_str(), &bytes_) < 0)
      CannotRead(files, file, errno);
  }
  ~FileBytes() { gnutls_free(bytes_.data); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  const gnutls_datum_t* get() const noexcept { return &bytes_; }

 private:
  gnutls_datum_t bytes_{};
};

/// Says why GnuTLS could not use a file.
std::string Reason(int result, File file) {
  switch (result) {
    case GNUTLS_E_BASE64_DECODING_ERROR:
    case GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR:
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
    case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
      return std::string(
                 "the file is not in PEM format. Write one with a line "
                 "-----BEGIN ") +
             (file == &TlsFiles::key ? "PRIVATE KEY" : "CERTIFICATE") +
             "-----.";
    case GNUTLS_E_DECRYPTION_FAILED:
      return "the key is encrypted. Decrypt it, because this server asks for "
             "no password.";
    default:
      return std::string(gnutls_strerror(result)) + " Write a PEM file.";
  }
}

struct PrivateKeyDeleter {
  void operator()(gnutls_x509_privkey_int* key) const noexcept {
    gnutls_x509_privkey_deinit(key);
  }
};

/// RAII: the certificates of a PEM file.
class CertificateList {
 public:
  explicit CertificateList(const FileBytes& pem)
      : result_(gnutls_x509_crt_list_import2(&certificates_, &size_, pem.get(),
                                             GNUTLS_X509_FMT_PEM, 0)) {}
  ~CertificateList() {
    std::for_each(begin(), end(), gnutls_x509_crt_deinit);
    gnutls_free(certificates_);
  }
  CertificateList(const CertificateList&) = delete;
  CertificateList& operator=(const CertificateList&) = delete;

  /// GnuTLS' error, if it is negative.
  int result() const noexcept { return result_; }
  gnutls_x509_crt_t* begin() const noexcept { return certificates_; }
  gnutls_x509_crt_t* end() const noexcept { return certificates_ + size_; }

 private:
  gnutls_x509_crt_t* certificates_ = nullptr;
  unsigned int size_ = 0;
  const int result_;  // After the others, which the import sets.
};

}  // namespace

/// RAII: owns what GnuTLS loaded from the files.
class TlsCredentials {
 public:
  explicit TlsCredentials(const TlsFiles& files) {
    Check(gnutls_certificate_allocate_credentials(&credentials_));
    try {
      LoadCertificate(files);
      if (!files.client_ca.empty()) LoadClientCa(files);
    } catch (...) {
      gnutls_certificate_free_credentials(credentials_);
      throw;
    }
  }
  ~TlsCredentials() { gnutls_certificate_free_credentials(credentials_); }
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  gnutls_certificate_credentials_t get() const noexcept { return credentials_; }
  std::time_t expiry() const noexcept { return expiry_; }

 private:
  /// Parses each file alone first, because GnuTLS does not tell which of the
  /// two is at fault.
  void LoadCertificate(const TlsFiles& files) {
    const FileBytes cert(files, &TlsFiles::cert);
    const FileBytes key(files, &TlsFiles::key);
    const CertificateList certificates(cert);
    if (certificates.result() < 0) {
      CannotUse(files, &TlsFiles::cert,
                Reason(certificates.result(), &TlsFiles::cert));
    }
    for (gnutls_x509_crt_t certificate : certificates) {
      expiry_ =
          std::min(expiry_, gnutls_x509_crt_get_expiration_time(certificate));
    }
    CheckKey(files, key);
    const int result = gnutls_certificate_set_x509_key_mem(
        credentials_, cert.get(), key.get(), GNUTLS_X509_FMT_PEM);
    if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
      CannotUse(files, &TlsFiles::key,
                "it does not belong to the certificate " + files.cert +
                    ". Write the key that the certificate was made for.");
    }
    if (result < 0)
      CannotUse(files, &TlsFiles::cert, Reason(result, &TlsFiles::cert));
  }

  static void CheckKey(const TlsFiles& files, const FileBytes& pem) {
    gnutls_x509_privkey_t raw = nullptr;
    Check(gnutls_x509_privkey_init(&raw));
    const std::unique_ptr<gnutls_x509_privkey_int, PrivateKeyDeleter> key(raw);
    const int result = gnutls_x509_privkey_import2(
        raw, pem.get(), GNUTLS_X509_FMT_PEM, nullptr, 0);
    if (result < 0)
      CannotUse(files, &TlsFiles::key, Reason(result, &TlsFiles::key));
  }

  void LoadClientCa(const TlsFiles& files) {
    const FileBytes pem(files, &TlsFiles::client_ca);
    int result = gnutls_certificate_set_x509_trust_mem(credentials_, pem.get(),
                                                       GNUTLS_X509_FMT_PEM);
    if (result == 0) result = GNUTLS_E_NO_CERTIFICATE_FOUND;
    if (result < 0) {
      CannotUse(files, &TlsFiles::client_ca,
                Reason(result, &TlsFiles::client_ca));
    }
  }

  gnutls_certificate_credentials_t credentials_ = nullptr;
  std::time_t expiry_ = std::numeric_limits<std::time_t>::max();
};

Tls::Tls(TlsFiles files)
    : files_(std::move(files)),
      credentials_(std::make_shared<const TlsCredentials>(files_)) {}

void Tls::Reload() {
  auto credentials = std::make_shared<const TlsCredentials>(files_);
  const std::lock_guard lock(mutex_);
  credentials_ = std::move(credentials);
}

std::shared_ptr<const TlsCredentials> Tls::credentials() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

std::unique_ptr<TlsHandshake> Tls::Prepare(gnutls_session_int* session) const {
  std::shared_ptr<const TlsCredentials> current = credentials();
  Check(
      gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, current->get()));
  return std::make_unique<TlsHandshake>(session, !files_.client_ca.empty(),
                                        std::move(current));
}

std::chrono::system_clock::time_point Tls::Expiry() const {
  return std::chrono::system_clock::from_time_t(credentials()->expiry());
}

}  // namespace containercollector::server
