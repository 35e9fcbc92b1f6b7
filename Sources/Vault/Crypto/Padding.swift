private import CSodium

/// `sodium_pad` (ISO/IEC 7816-4): one byte 0x80, then zeros, so that a length tells its class alone.
enum Padding {
    /// The length after padding `count` bytes to a multiple of `block`.
    static func paddedLength(_ count: Int, block: Int) -> Int {
        (count / block + 1) * block
    }

    /// `bytes` padded, in locked memory.
    static func pad(_ bytes: RawSpan, block: Int) -> SecretBytes {
        SecretBytes(count: paddedLength(bytes.byteCount, block: block)) { target in
            target.write(bytes, at: 0)
            target.storeBytes(of: 0x80, toByteOffset: bytes.byteCount, as: UInt8.self)
        }
    }

    /// The same for a plaintext that is no secret: sodium_unpad looks at every byte of the last block in constant time.
    static func unpaddedLength(ofPublic bytes: [UInt8], block: Int) -> Int? {
        guard !bytes.isEmpty, bytes.count % block == 0, let mark = bytes.lastIndex(where: { $0 != 0 }),
            bytes[mark] == 0x80, bytes.count - mark <= block
        else { return nil }
        return mark
    }

    /// The same for a part of a larger buffer.
    static func unpaddedLength(ofPublic bytes: RawSpan, block: Int) -> Int? {
        let count = bytes.byteCount
        guard count > 0, count % block == 0 else { return nil }
        var mark = count - 1
        while mark > 0, bytes.byte(at: mark) == 0 { mark -= 1 }
        guard bytes.byte(at: mark) == 0x80, count - mark <= block else { return nil }
        return mark
    }

    /// The length before padding; nil when there is none that fits.
    static func unpaddedLength(_ bytes: RawSpan, block: Int) -> Int? {
        var length = 0
        let code = unsafe bytes.withPointer { unsafe sodium_unpad(&length, $0, $1, block) }
        return code == 0 ? length : nil
    }
}
