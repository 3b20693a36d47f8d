# Certificates are OpenSSL's, gzip is zlib's.
target_link_libraries(thole_codec PUBLIC thole_openssl thole_zlib)
