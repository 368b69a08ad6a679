// Runs the Java library over the cases of a file of lines, and prints what it does as JSON.
import com.standardwebhooks.Webhook;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

public class Verify {
    public static void main(String[] arguments) throws Exception {
        List<String> outcomes = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] one = line.split("\t"); // name, secret, headers and body, the two in base64
            if (!one[1].isEmpty()) {
                outcomes.add(quoted(one[0]) + ": " + quoted(verified(one[1], text(one[2]), text(one[3]))));
            }
        }
        System.out.println("{\"Java\": {" + quoted("standardwebhooks " + arguments[1]) + ": {"
            + String.join(",\n", outcomes) + "}}}");
    }

    static String verified(String secret, String headers, String body) {
        Map<String, List<String>> found = new TreeMap<>();
        for (String header : headers.split("\n")) {
            found.put(header.split(": ", 2)[0], List.of(header.split(": ", 2)[1]));
        }
        try {
            new Webhook(secret).verify(body, HttpHeaders.of(found, (name, value) -> true));
            return "returns nothing";
        } catch (Exception error) {
            return error.getClass().getSimpleName() + ": " + error.getMessage();
        }
    }

    static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
