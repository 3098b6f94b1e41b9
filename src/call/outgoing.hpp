#pragma once

#include "symphony/core/random.hpp"
#include "symphony/net/headers.hpp"
#include "symphony/net/transport.hpp"

#include <boost/container/small_vector.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace symphony {

/// Codings that the transport decodes, best known first.
inline constexpr std::string_view decoded_codings = "gzip, deflate, br, zstd";

/// What is sent with every call of an endpoint: the configured fields and the credentials.
class standing_fields {
public:
    /// `authorization` is empty without credentials. `decodes`: answers may be decoded.
    standing_fields(const headers& configured, std::string_view authorization,
                    bool decodes = false);

    [[nodiscard]] const net::field_block& all() const noexcept { return block_; }
    /// The same with Accept-Encoding, for calls whose answer is decoded; null when none is.
    [[nodiscard]] const net::field_block* decoding() const noexcept {
        return decodes_ ? &decoding_block_ : nullptr;
    }
    [[nodiscard]] bool has_credentials() const noexcept { return has_credentials_; }
    [[nodiscard]] bool has_traceparent() const noexcept { return has_traceparent_; }
    /// Whether a field of that name may be among them: cheap, and never wrong when it says no.
    [[nodiscard]] bool may_hold(std::string_view name) const noexcept {
        return (lengths_ >> (name.size() & 63) & 1) != 0;
    }

private:
    net::field_block block_;
    net::field_block decoding_block_;
    std::uint64_t lengths_ = 0;
    bool has_credentials_ = false;
    bool has_traceparent_ = false;
    bool decodes_ = false;
};

/// The fields of one call: the caller's over the standing ones, without what belongs to one
/// connection (RFC 9110, 7.6.1) or to Symphony, with a `traceparent` (W3C Trace Context) unless
/// there is one. Views of the caller's fields and of the standing ones. Not movable.
class outgoing {
public:
    /// `decode`: the caller leaves the coding of the answer to Symphony.
    outgoing(const standing_fields& standing, const headers& caller, random_source& random,
             bool decode = false);
    outgoing(const outgoing&) = delete;
    outgoing& operator=(const outgoing&) = delete;

    void put_into(net::wire_request& wire) const noexcept;
    /// The caller's own Authorization gave way to the endpoint's.
    [[nodiscard]] bool dropped_authorization() const noexcept { return dropped_authorization_; }
    /// Codings were asked for that the caller is not to see.
    [[nodiscard]] bool asks_for_codings() const noexcept { return asks_for_codings_; }

private:
    void take_standing();
    std::string_view make_traceparent(random_source& random) noexcept;

    std::array<char, 55> traceparent_;
    bool dropped_authorization_ : 1 = false;  // where the text leaves a byte
    bool asks_for_codings_ : 1 = false;
    boost::container::small_vector<header_view, 4> own_;
    const net::field_block* standing_;
};

}  // namespace symphony
