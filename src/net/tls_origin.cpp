#include "net/tls_origin.hpp"

#include "net/server_tls.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

namespace symphony::net::detail {

namespace {

constexpr duration between_looks = std::chrono::seconds(1);

std::int64_t count(instant when) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
}

}  // namespace

tls_origin::tls_origin(const tls_options& options, tls_reload_listener listener, role side)
    : options_(options), side_(side), listener_(std::move(listener)), next_look_(INT64_MIN) {
    const auto watch = [this](std::string_view source) {
        if (!source.empty() && !is_pem(source)) watched_.push_back({std::string(source)});
    };
    watch(options_.ca);
    if (options_.identity) {
        watch(options_.identity->cert);
        watch(options_.identity->key.reveal());
    }
}

result<std::shared_ptr<tls_origin>> tls_origin::make(const tls_options& options,
                                                     tls_reload_listener listener, role side) {
    std::shared_ptr<tls_origin> made(new tls_origin(options, std::move(listener), side));
    const std::lock_guard lock(made->looking_);
    static_cast<void>(made->have_files_changed());
    if (auto loaded = made->load(); !loaded) return std::unexpected(std::move(loaded.error()));
    return made;
}

tls_origin::state tls_origin::use(instant now) {
    look(now, news::all);
    const std::lock_guard lock(mutex_);
    return {context_, revision()};
}

void tls_origin::catch_up(instant now, std::uint64_t other) {
    if (revision() == other) return;
    const bool is_new = other_.exchange(other, std::memory_order_relaxed) != other;
    if (is_new) next_look_.store(INT64_MIN, std::memory_order_relaxed);
    look(now, news::only_bad);
}

void tls_origin::look(instant now, news told) {
    std::int64_t due = next_look_.load(std::memory_order_relaxed);
    if (watched_.empty() || count(now) < due) return;
    const std::int64_t next = count(now + between_looks);
    if (!next_look_.compare_exchange_strong(due, next, std::memory_order_relaxed)) return;
    const std::unique_lock lock(looking_, std::try_to_lock);
    if (lock && have_files_changed()) read_again(now, told);
}

// Before they are read: what changes while they are will be seen at the next look.
bool tls_origin::have_files_changed() {
    bool changed = false;
    for (watched_file& file : watched_) {
        const file_stamp now = stamp_of(file.name);
        changed = changed || now != file.stamp;
        file.stamp = now;
    }
    return changed;
}

result<void> tls_origin::load() {
    const result<tls_files> files = tls_files::read(options_);
    if (!files) return std::unexpected(files.error());
    const std::uint64_t revision = files->revision();
    if (context_ && revision == revision_) return {};
    auto made = make_context(*files);
    if (!made) return std::unexpected(std::move(made.error()));
    const std::lock_guard lock(mutex_);
    context_ = std::move(*made);
    revision_ = revision;
    return {};
}

result<std::shared_ptr<boost::asio::ssl::context>> tls_origin::make_context(
    const tls_files& files) {
    if (side_ == role::server) return make_server_context(options_, files);
    tls_files ca_alone;
    ca_alone.ca = files.ca;
    const std::uint64_t authorities = ca_alone.revision();
    X509_STORE* const trusted = context_ && authorities == authorities_
                                    ? SSL_CTX_get_cert_store(context_->native_handle())
                                    : nullptr;
    auto made = make_tls_context(options_, files, trusted);
    if (!made) return made;
    offer_http1((*made)->native_handle());
    authorities_ = authorities;
    return made;
}

void tls_origin::read_again(instant now, news wanted) {
    const std::uint64_t before = revision();
    const result<void> loaded = load();
    const bool was_unusable = std::exchange(unusable_, !loaded);
    if (!listener_ || (loaded && wanted == news::only_bad)) return;
    tls_reload told{loaded.has_value(), {}, now};
    if (!loaded) {
        told.message =
            fmt::format("changed TLS files cannot be used, what was read before goes on: {}{}{}",
                        loaded.error().message, loaded.error().remote.empty() ? "" : ": ",
                        loaded.error().remote);
    } else if (revision() != before) {
        told.message = "changed TLS files were read: new connections use them";
    } else if (was_unusable) {
        told.message = "the TLS files are again what is in use";
    } else {
        return;
    }
    listener_(told);
}

}  // namespace symphony::net::detail
