#include "net/certificate_words.hpp"

#include "net/pem.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_names = 5;

template <class Address>
std::string address_text(std::string_view bytes) {
    typename Address::bytes_type raw{};
    std::copy_n(bytes.begin(), raw.size(), raw.begin());
    return Address(raw).to_string();
}

// Empty: one that does not help. What a server sent does not get into our messages but for
// characters that host names are made of.
std::string name_in(const GENERAL_NAME* from) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(from, &type);
    if (type != GEN_DNS && type != GEN_IPADD) return {};
    const auto* const text = static_cast<const ASN1_STRING*>(value);
    const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                 static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (type == GEN_IPADD) {
        if (bytes.size() == 4) return address_text<asio::ip::address_v4>(bytes);
        if (bytes.size() == 16) return address_text<asio::ip::address_v6>(bytes);
        return {};
    }
    constexpr std::string_view fine =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*";
    const bool sound = bytes.size() <= 253 && bytes.find_first_not_of(fine) == bytes.npos;
    return sound ? std::string(bytes) : std::string();
}

}  // namespace

std::string names_of(const X509* certificate) {
    const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> names(
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> shown;
    std::size_t more = 0;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        std::string name = name_in(sk_GENERAL_NAME_value(names.get(), i));
        if (name.empty()) continue;
        if (shown.size() < most_names) {
            shown.push_back(std::move(name));
        } else {
            ++more;
        }
    }
    if (shown.empty()) return "a certificate without a host name";
    std::string all = fmt::format("a certificate for {}", fmt::join(shown, ", "));
    if (more > 0) all += fmt::format(" and {} more", more);
    return all;
}

std::string date_fault_of(const X509* certificate) {
    const ASN1_TIME* const begin = X509_get0_notBefore(certificate);
    const ASN1_TIME* const end = X509_get0_notAfter(certificate);
    if (X509_cmp_current_time(begin) > 0) {
        return "is not yet valid: it begins on " + date_of(begin);
    }
    if (X509_cmp_current_time(end) < 0) return "expired on " + date_of(end);
    return {};
}

std::string refusal_of(const STACK_OF(X509) * chain, long verified, const std::string& server) {
    const int length = chain == nullptr ? 0 : sk_X509_num(chain);
    std::string remedy;
    switch (verified) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
            for (int i = 0; i < length; ++i) {
                const std::string fault = date_fault_of(sk_X509_value(chain, i));
                if (fault.empty()) continue;
                return fmt::format("{} of {} {}",
                                   i == 0 ? "the certificate" : "an issuer of the certificate",
                                   server, fault);
            }
            break;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            if (length > 0) {
                return fmt::format(
                    "{} does not prove that name: it shows {} (tls.serverName says "
                    "which name to expect)",
                    server, names_of(sk_X509_value(chain, 0)));
            }
            break;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            remedy = "; if it is to be trusted, give its CA as tls.ca";
            break;
        default:
            break;
    }
    return fmt::format("the certificate of {} is not accepted: {}{}", server,
                       X509_verify_cert_error_string(verified), remedy);
}

}  // namespace symphony::net::detail
