#pragma once

#include <openssl/bio.h>

namespace symphony::net::detail {

/// The kind of a BIO that reads and writes by these two and keeps nothing back. Throws
/// `std::bad_alloc`. For good: OpenSSL counts kinds, so one is made once a process.
[[nodiscard]] BIO_METHOD* make_bio_method(const char* name, int (*read)(BIO*, char*, int),
                                          int (*write)(BIO*, const char*, int));

}  // namespace symphony::net::detail
