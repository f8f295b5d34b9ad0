package handshake

import "math/big"

// keySize is the length of a public key, and of the secret, on the wire.
const keySize = 128

// RTMPE agrees on its secret in the 1024-bit group of RFC 2409, 6.2, to the
// generator 2.
const groupPrime = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD1" +
	"29024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
	"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245" +
	"E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381" +
	"FFFFFFFFFFFFFFFF"

// A keyPair is one side's half of a Diffie-Hellman exchange.
type keyPair struct {
	prime, private *big.Int
	public         [keySize]byte
}

// newKeyPair takes its private key from cfg's random bytes.
func (cfg *Config) newKeyPair() (*keyPair, error) {
	var b [keySize]byte
	if err := cfg.random(b[:]); err != nil {
		return nil, err
	}
	// 1023 bits, as many as the order of the group has, and never fewer.
	b[0] = b[0]&0x7f | 0x40
	return keyPairOf(new(big.Int).SetBytes(b[:])), nil
}

func keyPairOf(private *big.Int) *keyPair {
	prime, _ := new(big.Int).SetString(groupPrime, 16)
	k := &keyPair{prime: prime, private: private}
	new(big.Int).Exp(big.NewInt(2), private, prime).FillBytes(k.public[:])
	return k
}

// secret is what both sides know once they have each other's public key, with zeros in
// front if it is short. ok is false for a public key that is not one of 2 to p-2: with
// 0, 1 and p-1 anybody knows the secret (NIST SP 800-56A, 5.6.2.3.1).
func (k *keyPair) secret(peer []byte) (secret [keySize]byte, ok bool) {
	y, one := new(big.Int).SetBytes(peer), big.NewInt(1)
	if y.Cmp(one) <= 0 || y.Cmp(new(big.Int).Sub(k.prime, one)) >= 0 {
		return secret, false
	}
	y.Exp(y, k.private, k.prime).FillBytes(secret[:])
	return secret, true
}
