#include "store/redis_protocol.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace symphony::detail {

namespace {

// Far above any status, error, number or length: what is longer is not Redis.
constexpr std::size_t most_line_bytes = std::size_t{64} << 10;
constexpr std::size_t most_length_digits = 32;
// An array's announced size is only believed so far; the rest is allocated as it comes.
constexpr int most_reserved = 64;

// Where the object of a task goes: the root is our own, the others lie in their array. Null, which
// hiredis takes for lack of memory, when the reply has used up its budget. No earlier element of an
// array is touched again once the next one is begun, so that the array may grow.
redis_reply* make(const redisReadTask* task, std::size_t text_bytes) {
    auto& budget = *static_cast<std::size_t*>(task->privdata);
    const std::size_t cost = sizeof(redis_reply) + text_bytes;
    if (cost > budget) return nullptr;
    budget -= cost;
    if (task->parent == nullptr) return std::make_unique<redis_reply>().release();
    return &static_cast<redis_reply*>(task->parent->obj)->items.emplace_back();
}

void* make_text(const redisReadTask* task, char* text, std::size_t size) {
    redis_reply* const made = make(task, size);
    if (made == nullptr) return nullptr;
    made->kind = task->type == REDIS_REPLY_STATUS  ? redis_reply::type::status
                 : task->type == REDIS_REPLY_ERROR ? redis_reply::type::error
                                                   : redis_reply::type::text;
    made->text.assign(text, size);
    return made;
}

void* make_array(const redisReadTask* task, int size) {
    redis_reply* const made = make(task, 0);
    if (made == nullptr) return nullptr;
    made->kind = redis_reply::type::array;
    made->items.reserve(static_cast<std::size_t>(std::clamp(size, 0, most_reserved)));
    return made;
}

void* make_integer(const redisReadTask* task, long long value) {
    redis_reply* const made = make(task, 0);
    if (made == nullptr) return nullptr;
    made->kind = redis_reply::type::integer;
    made->integer = value;
    return made;
}

void* make_nil(const redisReadTask* task) {
    return make(task, 0);
}

void free_root(void* root) {
    const std::unique_ptr<redis_reply> gone(static_cast<redis_reply*>(root));
}

redisReplyObjectFunctions functions{make_text, make_array, make_integer, make_nil, free_root};

}  // namespace

void append_command(std::string& to, std::span<const std::string_view> words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    texts.reserve(words.size());
    sizes.reserve(words.size());
    for (const std::string_view word : words) {
        texts.push_back(word.data() != nullptr ? word.data() : "");
        sizes.push_back(word.size());
    }
    sds made = nullptr;
    const int size = redisFormatSdsCommandArgv(&made, static_cast<int>(words.size()), texts.data(),
                                               sizes.data());
    if (size < 0) return;  // no memory
    to.append(made, static_cast<std::size_t>(size));
    redisFreeSdsCommand(made);
}

void reply_reader::freed::operator()(redisReader* reader) const noexcept {
    redisReaderFree(reader);
}

reply_reader::reply_reader() : reader_(redisReaderCreateWithFunctions(&functions)) {
    if (reader_) reader_->privdata = &budget_;
    broken_ = reader_ == nullptr;
}

reply_reader::~reply_reader() = default;

bool reply_reader::feed(std::string_view bytes) {
    if (broken_) return false;
    if (reader_->len - reader_->pos + bytes.size() > 2 * most_bytes ||
        redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
        broken_ = true;
    }
    return !broken_;
}

bool reply_reader::next(redis_reply& into) {
    if (broken_) return false;
    void* made = nullptr;
    if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
        broken_ = true;
        return false;
    }
    if (made == nullptr) {
        broken_ = is_overlong();
        return false;
    }
    const std::unique_ptr<redis_reply> whole(static_cast<redis_reply*>(made));
    into = std::move(*whole);
    budget_ = most_bytes;
    return true;
}

// hiredis keeps what is not whole and looks through it again with every piece that comes: a line
// that never ends would cost the square of its length.
bool reply_reader::is_overlong() const noexcept {
    const std::size_t size = reader_->len - reader_->pos;
    if (size > most_bytes) return true;
    if (size <= most_line_bytes) return false;
    const char* const begin = reader_->buf + reader_->pos;
    const bool is_text =
        reader_->ridx >= 0 && reader_->rstack[reader_->ridx].type == REDIS_REPLY_STRING;
    return !is_text || std::memchr(begin, '\n', most_length_digits) == nullptr;
}

}  // namespace symphony::detail
