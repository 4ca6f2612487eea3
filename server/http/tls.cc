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
#include <memory>
#include <utility>

namespace containercollector::server {
namespace {

/// Frees what GnuTLS allocated.
struct Release {
  void operator()(gnutls_certificate_credentials_t credentials) const noexcept {
    gnutls_certificate_free_credentials(credentials);
  }
  void operator()(gnutls_x509_privkey_t key) const noexcept {
    gnutls_x509_privkey_deinit(key);
  }
};

bool HasReceivedData(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  // If the kernel does not tell, report the failure.
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
         info.tcpi_data_segs_in > 0;
}

/// Returns GnuTLS' sentences about a certificate, each with a space after it.
std::string ProblemsText(unsigned int problems) {
  gnutls_datum_t text{};
  if (gnutls_certificate_verification_status_print(problems, GNUTLS_CRT_X509,
                                                   &text, 0) < 0)
    return "it cannot be verified. ";
  std::string sentences(reinterpret_cast<const char*>(text.data), text.size);
  gnutls_free(text.data);
  return sentences;
}

TlsHandshake& HandshakeOf(gnutls_session_t session) {
  return *static_cast<TlsHandshake*>(gnutls_session_get_ptr(session));
}

/// Called before each message is sent, or handled.
int OnMessage(gnutls_session_t session, unsigned int type,
              unsigned int /*when*/, unsigned int incoming,
              const gnutls_datum_t* message) noexcept {
  // A certificate is longer than an empty list in any TLS version.
  constexpr unsigned int kEmptyListBytes = 4;
  TlsHandshake& handshake = HandshakeOf(session);
  if (incoming == 0) {
    if (type == GNUTLS_HANDSHAKE_SERVER_HELLO) handshake.server_hello = true;
  } else if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO) {
    handshake.client_hello = true;
  } else if (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT) {
    handshake.no_certificate = message->size <= kEmptyListBytes;
  } else if (type == GNUTLS_HANDSHAKE_FINISHED) {
    handshake.finished = true;
  }
  return 0;
}

int OnCertificate(gnutls_session_t session) noexcept {
  static unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, purpose, 0};
  TlsHandshake& handshake = HandshakeOf(session);
  const int result =
      gnutls_certificate_verify_peers(session, &wanted, 1, &handshake.problems);
  if (result < 0) handshake.problems |= GNUTLS_CERT_INVALID;
  handshake.verified = handshake.problems == 0;
  return handshake.verified ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

}  // namespace

std::optional<TlsFailure> TlsHandshake::Failure(int socket) const {
  if (accepted() || (!client_hello && !HasReceivedData(socket)))
    return std::nullopt;
  const std::string advice =
      "Give it one that a CA of --tls-client-ca has signed for TLS clients.";
  if (no_certificate) {
    return TlsFailure{"no_certificate",
                      "The client presented no certificate. " + advice};
  }
  if (problems != 0) {
    return TlsFailure{"untrusted", "The client's certificate is rejected: " +
                                       ProblemsText(problems) + advice};
  }
  const char* text =
      "The handshake was broken off. The client may not trust this server's "
      "certificate: give it the CA certificate.";
  if (!client_hello) {
    text = "The client did not speak TLS. Use https:// in its URL.";
  } else if (!server_hello) {
    text =
        "The client and this server have no TLS version or cipher in common. "
        "Let the client speak TLS 1.2 or 1.3.";
  }
  return TlsFailure{"handshake", text};
}

/// What GnuTLS loaded from the files.
struct TlsCredentials {
  std::unique_ptr<gnutls_certificate_credentials_st, Release> handle;
  /// When the first of the server's certificates expires.
  std::time_t expiry = std::numeric_limits<std::time_t>::max();
};

namespace {

using File = std::string TlsFiles::*;

void Check(int result) {
  if (result < 0)
    throw std::runtime_error(std::string("Cannot use TLS: ") +
                             gnutls_strerror(result));
}

[[noreturn]] void Fail(const char* verb, const TlsFiles& files, File file,
                       const std::string& why) {
  const char* const name = file == &TlsFiles::cert  ? " the certificate "
                           : file == &TlsFiles::key ? " the private key "
                                                    : " the CA certificates ";
  throw TlsFileError(file, verb + (name + files.*file) + ": " + why);
}

/// Fails if `result` is an error of parsing or using a file.
void CheckFile(int result, const TlsFiles& files, File file) {
  if (result >= 0) return;
  std::string why = std::string(gnutls_strerror(result)) + " Write a PEM file.";
  switch (result) {
    case GNUTLS_E_BASE64_DECODING_ERROR:
    case GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR:
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
    case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
      why = "the file is not in PEM format. Write one with a line -----BEGIN ";
      why += file == &TlsFiles::key ? "PRIVATE KEY" : "CERTIFICATE";
      why += "-----.";
      break;
    case GNUTLS_E_DECRYPTION_FAILED:
      why =
          "the key is encrypted. Decrypt it, because this server asks for no "
          "password.";
      break;
    case GNUTLS_E_CERTIFICATE_KEY_MISMATCH:
      why = "it does not belong to the certificate " + files.cert +
            ". Write the key that the certificate was made for.";
      break;
  }
  Fail("Cannot use", files, file, why);
}

/// The content of one of the files.
class Pem {
 public:
  Pem(const TlsFiles& files, File file) {
    if (gnutls_load_file((files.*file).c_str(), &bytes_) >= 0) return;
    const int os_error = errno;
    Fail("Cannot read", files, file,
         std::strerror(os_error) +
             std::string(os_error == EACCES
                             ? ". Let the user that runs this server read the "
                               "file."
                             : ". Write the path of a PEM file."));
  }
  ~Pem() { gnutls_free(bytes_.data); }
  Pem(const Pem&) = delete;
  Pem& operator=(const Pem&) = delete;

  const gnutls_datum_t* get() const noexcept { return &bytes_; }

 private:
  gnutls_datum_t bytes_{};
};

/// Parses the certificate and the key one by one, because GnuTLS does not tell
/// which of the two files is at fault.
void LoadCertificate(const TlsFiles& files, TlsCredentials& credentials) {
  const Pem cert(files, &TlsFiles::cert);
  const Pem key(files, &TlsFiles::key);
  gnutls_x509_crt_t* list = nullptr;
  unsigned int size = 0;
  CheckFile(gnutls_x509_crt_list_import2(&list, &size, cert.get(),
                                         GNUTLS_X509_FMT_PEM, 0),
            files, &TlsFiles::cert);
  for (unsigned int i = 0; i < size; ++i) {
    credentials.expiry = std::min(credentials.expiry,
                                  gnutls_x509_crt_get_expiration_time(list[i]));
    gnutls_x509_crt_deinit(list[i]);
  }
  gnutls_free(list);

  gnutls_x509_privkey_t raw = nullptr;
  Check(gnutls_x509_privkey_init(&raw));
  const std::unique_ptr<gnutls_x509_privkey_int, Release> parsed(raw);
  CheckFile(gnutls_x509_privkey_import2(raw, key.get(), GNUTLS_X509_FMT_PEM,
                                        nullptr, 0),
            files, &TlsFiles::key);
  const int result = gnutls_certificate_set_x509_key_mem(
      credentials.handle.get(), cert.get(), key.get(), GNUTLS_X509_FMT_PEM);
  CheckFile(result, files,
            result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH ? &TlsFiles::key
                                                        : &TlsFiles::cert);
}

std::shared_ptr<const TlsCredentials> Load(const TlsFiles& files) {
  auto credentials = std::make_shared<TlsCredentials>();
  gnutls_certificate_credentials_t raw = nullptr;
  Check(gnutls_certificate_allocate_credentials(&raw));
  credentials->handle.reset(raw);
  LoadCertificate(files, *credentials);
  if (files.client_ca.empty()) return credentials;
  const Pem pem(files, &TlsFiles::client_ca);
  const int count = gnutls_certificate_set_x509_trust_mem(raw, pem.get(),
                                                          GNUTLS_X509_FMT_PEM);
  CheckFile(count == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : count, files,
            &TlsFiles::client_ca);
  return credentials;
}

}  // namespace

Tls::Tls(TlsFiles files)
    : files_(std::move(files)), credentials_(Load(files_)) {}

void Tls::Reload() { std::atomic_store(&credentials_, Load(files_)); }

std::unique_ptr<TlsHandshake> Tls::Prepare(gnutls_session_int* session) const {
  auto handshake = std::make_unique<TlsHandshake>();
  handshake->credentials = std::atomic_load(&credentials_);
  handshake->needs_certificate = !files_.client_ca.empty();
  Check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                               handshake->credentials->handle.get()));
  // libmicrohttpd sets it too, but reads it only with pre-shared keys.
  gnutls_session_set_ptr(session, handshake.get());
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY,
                                     GNUTLS_HOOK_PRE, &OnMessage);
  if (!handshake->needs_certificate) return handshake;
  gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
  gnutls_session_set_verify_function(session, &OnCertificate);
  return handshake;
}

std::chrono::system_clock::time_point Tls::Expiry() const {
  return std::chrono::system_clock::from_time_t(
      std::atomic_load(&credentials_)->expiry);
}

}  // namespace containercollector::server
