#include "net/name_resolver.hpp"

#include "net/client_connection.hpp"

#include <algorithm>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// More are never tried; a server of names may send thousands.
constexpr std::size_t most_addresses = 64;

std::string key_of(const std::string& host, std::uint16_t port) {
    return host + ":" + std::to_string(port);
}

resolved_name answer_of(const boost::system::error_code& fault,
                        const tcp::resolver::results_type& found) {
    resolved_name answer;
    if (fault) answer.failure = fault.message();
    for (const auto& one : found) {
        if (answer.addresses.size() == most_addresses) break;
        answer.addresses.push_back(one.endpoint());
    }
    if (!fault && answer.addresses.empty()) answer.failure = "no address";
    return answer;
}

}  // namespace

const resolved_name* name_cache::find(const std::string& name, instant now) {
    const auto found = names_.find(name);
    if (found == names_.end()) return nullptr;
    if (found->second.until > now) return &found->second.what;
    names_.erase(found);
    return nullptr;
}

void name_cache::put(const std::string& name, resolved_name what, instant now) {
    const instant until = later(now, what.failure.empty() ? keeps_addresses : keeps_failures);
    if (names_.size() >= most_names && !names_.contains(name)) {
        names_.erase(std::ranges::min_element(
            names_, {}, [](const auto& known) { return known.second.until; }));
    }
    names_.insert_or_assign(name, entry{std::move(what), until});
}

void name_resolver::resolve(const std::shared_ptr<client_core>& core, const std::string& host,
                            std::uint16_t port, callback done) {
    const std::string key = key_of(host, port);
    if (const resolved_name* const known = cache_.find(key, core->time.now())) {
        const resolved_name answer = *known;
        done(answer);
        return;
    }
    auto& asked = asked_[key];
    if (const auto running = asked.lock()) {
        running->waiting.push_back(std::move(done));
        return;
    }
    const auto fresh = std::make_shared<question>();
    fresh->waiting.push_back(std::move(done));
    asked = fresh;
    const auto resolver = std::make_shared<tcp::resolver>(core->executor);
    resolver->async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                            [fresh, core, key, resolver](const boost::system::error_code& fault,
                                                         const tcp::resolver::results_type& found) {
                                const resolved_name answer = answer_of(fault, found);
                                name_resolver& self = core->names;
                                self.asked_.erase(key);
                                // The clock goes with the client.
                                if (!core->stopped) self.cache_.put(key, answer, core->time.now());
                                for (callback& each : std::exchange(fresh->waiting, {}))
                                    each(answer);
                            });
}

void name_resolver::forget(const std::string& host, std::uint16_t port) {
    cache_.forget(key_of(host, port));
}

}  // namespace symphony::net::detail
