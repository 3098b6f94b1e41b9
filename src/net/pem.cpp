#include "net/pem.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace symphony::net::detail {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20;

using memory_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

memory_ptr reading(std::string_view text) {
    return memory_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

struct passphrase_use {
    const secret& given;
    bool wanted = false;
};

// Without a callback OpenSSL would ask on the terminal.
int give_passphrase(char* to, int room, int /*writing*/, void* use) {
    if (use == nullptr) return -1;
    auto& asked = *static_cast<passphrase_use*>(use);
    asked.wanted = true;
    const std::string_view text = asked.given.reveal();
    if (text.empty() || room < 0 || text.size() > static_cast<std::size_t>(room)) return -1;
    std::ranges::copy(text, to);
    return static_cast<int>(text.size());
}

}  // namespace

bool is_pem(std::string_view source) noexcept {
    return source.starts_with("-----BEGIN");
}

file_stamp stamp_of(const std::string& file) noexcept {
    struct stat seen{};
    if (::stat(file.c_str(), &seen) != 0) return {};
    return {seen.st_dev, seen.st_ino, seen.st_size,
            seen.st_mtim.tv_sec * 1'000'000'000 + seen.st_mtim.tv_nsec};
}

std::expected<secret, std::string> read_pem(std::string_view source) {
    if (is_pem(source)) return secret(source);
    const std::filesystem::path path(source);
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) return std::unexpected("no such file");
    // Anything else, a pipe for instance, could keep the reader waiting.
    if (!std::filesystem::is_regular_file(path, failed)) {
        return std::unexpected("this is not a file");
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::unexpected("the file cannot be read");
    std::string text(most_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    const auto size = static_cast<std::size_t>(in.gcount());
    if (in.bad()) return std::unexpected("the file cannot be read");
    secret whole(std::string_view(text).substr(0, size));
    const secret wiped(std::move(text));
    if (size > most_bytes) return std::unexpected("the file is larger than 1 MiB");
    return whole;
}

std::vector<certificate_ptr> certificates_in(std::string_view pem) {
    std::vector<certificate_ptr> all;
    const memory_ptr from = reading(pem);
    if (!from) return all;
    for (;;) {
        certificate_ptr next(PEM_read_bio_X509_AUX(from.get(), nullptr, give_passphrase, nullptr));
        if (!next) break;
        all.push_back(std::move(next));
    }
    const bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!whole) all.clear();
    return all;
}

opened_key open_key(std::string_view pem, const secret& passphrase) {
    opened_key opened;
    const memory_ptr from = reading(pem);
    passphrase_use use{passphrase};
    if (from) {
        opened.key.reset(PEM_read_bio_PrivateKey(from.get(), nullptr, give_passphrase, &use));
    }
    ERR_clear_error();
    if (opened.key) {
        opened.outcome = opened_key::state::opened;
    } else if (use.wanted) {
        opened.outcome = passphrase.empty() ? opened_key::state::needs_passphrase
                                            : opened_key::state::wrong_passphrase;
    }
    return opened;
}

std::string date_of(const ASN1_TIME* when) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(when, &parts) != 1) return "an unknown date";
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

}  // namespace symphony::net::detail
