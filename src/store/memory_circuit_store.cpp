#include "symphony/store/memory_circuit_store.hpp"

#include "store/memory_circuit.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace symphony {

class memory_circuit_store::impl {
public:
    explicit impl(const clock& time) : time_(time) {}

    circuit_council meet(const std::string& key, const circuit_report& says) {
        const std::lock_guard hold(lock_);
        // A clock's beginning is arbitrary, also before zero.
        const auto since = std::chrono::floor<std::chrono::microseconds>(time_.now() - start_);
        return circuits_[key].hear(since.count() + 1, says);
    }

private:
    const clock& time_;
    const instant start_ = time_.now();
    std::mutex lock_;
    std::unordered_map<std::string, detail::memory_circuit> circuits_;  // as many as configured
};

memory_circuit_store::memory_circuit_store(const clock& time)
    : impl_(std::make_unique<impl>(time)) {}
memory_circuit_store::~memory_circuit_store() = default;

boost::asio::awaitable<result<circuit_council>> memory_circuit_store::meet(std::string key,
                                                                           circuit_report says) {
    co_return impl_->meet(key, says);
}

}  // namespace symphony
